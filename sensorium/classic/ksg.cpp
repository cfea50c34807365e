#include "sensorium/classic/ksg.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/kd_tree.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>
#include <numeric>

namespace sensorium::classic {
namespace {

/// psi(1) ... psi(n): harmonic numbers less Euler's constant.
std::vector<double> digammas(Index n) {
  std::vector<double> psi(static_cast<size_t>(n) + 1);
  double sum = 0, lost = 0;  // compensated
  for (Index i = 1; i <= n; ++i) {
    psi[static_cast<size_t>(i)] = sum - std::numbers::egamma;
    const double term = 1.0 / static_cast<double>(i) - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  return psi;
}

/// Counts of one variable's values closer than a radius, for one dimension by a sorted list, whose range is cut into as
/// many equal cells as there are values: an end of the near ones lies in the cell of its value or one beside it.
class SortedCounts {
 public:
  explicit SortedCounts(const Vector& values) : place_(static_cast<size_t>(values.size())), sorted_(place_.size()) {
    std::vector<std::pair<double, Index>> order(place_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = {values(static_cast<Index>(i)), static_cast<Index>(i)};
    std::sort(order.begin(), order.end());
    for (size_t i = 0; i < order.size(); ++i) {
      sorted_[i] = order[i].first;
      place_[static_cast<size_t>(order[i].second)] = static_cast<Index>(i);
    }
    const double range = sorted_.back() - sorted_.front();
    scale_ = range > 0 && std::isfinite(cells() / range) ? cells() / range : 0;  // 0: one cell
    begins_.reserve(sorted_.size() + 2);
    for (size_t i = 0; i < sorted_.size(); ++i)
      begins_.resize(std::max(begins_.size(), cell(sorted_[i]) + 1), static_cast<Index>(i));
    begins_.resize(sorted_.size() + 2, static_cast<Index>(sorted_.size()));
  }
  /// Including the point itself.
  Index count(Index i, double radius) const {
    const double x = sorted_[static_cast<size_t>(place_[static_cast<size_t>(i)])];
    const auto near = [&](double v) { return radius > 0 ? std::abs(v - x) < radius : v == x; };
    const Index first = boundary(x - radius, [&](double v) { return v < x && !near(v); });
    return boundary(x + radius, [&](double v) { return v < x || near(v); }) - first;
  }

 private:
  double cells() const { return static_cast<double>(sorted_.size()); }

  size_t cell(double v) const {
    const double at = (v - sorted_[0]) * scale_;
    return at > 0 ? static_cast<size_t>(std::min(at, cells())) : 0;  // 0 for NaN: no scale, and v out of range
  }

  /// How many of the values are `before`, which the first ones are: about those below `end`.
  template <class F>
  Index boundary(double end, F before) const {
    const size_t at = cell(end);
    const auto low = sorted_.begin() + begins_[at - (at > 0)];
    const auto high = sorted_.begin() + begins_[std::min(at + 2, begins_.size() - 1)];
    return std::partition_point(low, high, before) - sorted_.begin();
  }

  std::vector<Index> place_;
  std::vector<double> sorted_;
  double scale_;
  std::vector<Index> begins_;  // of each cell, and the end
};

/// Counts of the other rows of a variable closer than a radius.
class Marginal {
 public:
  explicit Marginal(const Matrix& rows) {
    if (rows.cols() == 1)
      sorted_ = std::make_unique<SortedCounts>(Vector(rows.col(0)));
    else
      tree_ = std::make_unique<KdTree>(rows);
  }
  Index count(Index i, double radius) const {
    return sorted_ ? sorted_->count(i, radius) - 1 : tree_->count_within(i, radius);
  }

 private:
  std::unique_ptr<SortedCounts> sorted_;
  std::unique_ptr<KdTree> tree_;
};

void check(Index n, Index other, int k) {
  if (k < 1) throw UsageError("mi", "expected at least 1 neighbour, got {}", k);
  if (n != other) throw InputError("mi", "expected as many rows of y as of x, {}, got {}", n, other);
  if (n <= k) throw InputError("mi", "expected more rows than the {} neighbours, got {}", k, n);
}

}  // namespace

Matrix unit_deviation(const Matrix& rows) {
  const Vector mean = rows.colwise().mean().transpose();
  Vector deviation =
      ((rows.rowwise() - mean.transpose()).colwise().squaredNorm().transpose() / static_cast<double>(rows.rows()))
          .cwiseSqrt();
  deviation = (deviation.array() > 0).select(deviation, 1.0);
  return rows.array().rowwise() / deviation.transpose().array();
}

double ksg_information(const Matrix& x, const Matrix& y, int k) {
  const Index n = x.rows();
  check(n, y.rows(), k);
  Matrix joint(n, x.cols() + y.cols());
  joint << x, y;
  std::unique_ptr<KdTree> built;
  std::unique_ptr<Marginal> built_x, built_y;
  for_blocks(3, 1, [&](Index which, Index) {
    if (which == 0) built = std::make_unique<KdTree>(joint);
    if (which == 1) built_x = std::make_unique<Marginal>(x);
    if (which == 2) built_y = std::make_unique<Marginal>(y);
  });
  const KdTree& tree = *built;
  const Marginal &of_x = *built_x, &of_y = *built_y;
  const std::vector<double> psi = digammas(n);
  std::vector<double> terms(static_cast<size_t>(n));
  for_blocks(n, 256, [&](Index first, Index count) {
    for (Index at = first; at < first + count; ++at) {
      const Index i = tree.order()[static_cast<size_t>(at)];
      const double radius = tree.neighbour_distance(i, k);
      terms[static_cast<size_t>(i)] =
          psi[static_cast<size_t>(of_x.count(i, radius) + 1)] + psi[static_cast<size_t>(of_y.count(i, radius) + 1)];
    }
  });
  const double mean = std::accumulate(terms.begin(), terms.end(), 0.0) / static_cast<double>(n);
  return psi[static_cast<size_t>(n)] + psi[static_cast<size_t>(k)] - mean;
}

double ross_information(const Vector& values, std::span<const int64_t> labels, int k) {
  check(values.size(), static_cast<Index>(labels.size()), k);
  std::map<int64_t, std::vector<double>> groups;
  for (size_t i = 0; i < labels.size(); ++i) groups[labels[i]].push_back(values(static_cast<Index>(i)));
  std::erase_if(groups, [](const auto& group) { return group.second.size() < 2; });
  if (groups.empty()) throw InputError("mi", "expected a label that occurs twice, got none");
  std::vector<double> kept;
  for (auto& [label, group] : groups) {
    std::sort(group.begin(), group.end());
    kept.insert(kept.end(), group.begin(), group.end());
  }
  const SortedCounts all(vector_of(kept));
  const auto n = static_cast<Index>(kept.size());
  const std::vector<double> psi = digammas(n);
  double sum = 0;
  Index at = 0;
  for (const auto& [label, group] : groups) {
    const auto size = static_cast<Index>(group.size());
    const Index neighbours = std::min<Index>(k, size - 1);
    for (Index i = 0; i < size; ++i, ++at) {
      Index left = i, right = i;  // the window of the nearest in the sorted group
      double radius = 0;
      for (Index taken = 0; taken < neighbours; ++taken) {
        const double x = group[static_cast<size_t>(i)];
        const double down = left > 0 ? x - group[static_cast<size_t>(left - 1)] : HUGE_VAL;
        const double up = right + 1 < size ? group[static_cast<size_t>(right + 1)] - x : HUGE_VAL;
        radius = std::min(down, up);
        down <= up ? --left : ++right;
      }
      sum += psi[static_cast<size_t>(neighbours)] - psi[static_cast<size_t>(size)] -
             psi[static_cast<size_t>(all.count(at, radius))];
    }
  }
  return psi[static_cast<size_t>(n)] + sum / static_cast<double>(n);
}

}  // namespace sensorium::classic
