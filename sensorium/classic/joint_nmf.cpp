#include "sensorium/classic/joint_nmf.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/nmf_steps.h"
#include "sensorium/classic/nnls.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium::classic {
namespace {

using Presence = std::vector<std::vector<uint8_t>>;

/// The parts an item has, as bits.
uint64_t pattern(const Presence& present, size_t modalities, Index item) {
  uint64_t bits = 0;
  for (size_t m = 0; m < modalities; ++m)
    if (present.empty() || present[m][static_cast<size_t>(item)]) bits |= uint64_t{1} << m;
  return bits;
}

void check(const std::vector<Matrix>& x, const Presence& present) {
  if (x.empty() || x.size() > 64) throw UsageError("joint nmf", "expected 1 to 64 modalities, got {}", x.size());
  if (!present.empty() && present.size() != x.size())
    throw UsageError("joint nmf", "expected a mask for each of {} modalities, got {}", x.size(), present.size());
  for (size_t m = 0; m < x.size(); ++m)
    if (x[m].rows() != x[0].rows() || (!present.empty() && static_cast<Index>(present[m].size()) != x[0].rows()))
      throw InputError("joint nmf", "expected {} items in modality {}, got {}", x[0].rows(), m + 1, x[m].rows());
}

/// Items sorted by what they have, so that those of one pattern stand together.
struct Order {
  std::vector<Index> items;
  std::vector<NmfSegment> segments;
};

Order order_items(const std::vector<Matrix>& x, const Presence& present) {
  Order order;
  order.items.resize(static_cast<size_t>(x[0].rows()));
  std::iota(order.items.begin(), order.items.end(), Index{0});
  std::stable_sort(order.items.begin(), order.items.end(),
                   [&](Index a, Index b) { return pattern(present, x.size(), a) > pattern(present, x.size(), b); });
  uint64_t previous = 0;
  for (size_t i = 0; i < order.items.size(); ++i) {
    const uint64_t now = pattern(present, x.size(), order.items[i]);
    if (now == 0) throw InputError("joint nmf", "expected at least one modality of item {}, got none", order.items[i]);
    if (now != previous) {
      order.segments.push_back({static_cast<Index>(i), 0, {}});
      for (size_t m = 0; m < x.size(); ++m)
        if (now >> m & 1) order.segments.back().parts.push_back(m);
    }
    ++order.segments.back().count;
    previous = now;
  }
  return order;
}

/// A modality's rows in that order, zero where missing.
Matrix ordered(const Matrix& x, const Order& order, size_t m) {
  Matrix out = Matrix::Zero(x.rows(), x.cols());
  for (const NmfSegment& segment : order.segments)
    if (std::count(segment.parts.begin(), segment.parts.end(), m))
      for (Index i = segment.first; i < segment.first + segment.count; ++i)
        out.row(i) = x.row(order.items[static_cast<size_t>(i)]);
  return out;
}

double error_of(const std::vector<NmfPart>& parts, const std::vector<NmfSegment>& segments, const Matrix& wt) {
  double sum = 0;
  for (const NmfSegment& s : segments)
    for (const size_t m : s.parts) {
      const Matrix w = wt.middleCols(s.first, s.count).transpose();
      const double e = nmf_error(parts[m].x->middleRows(s.first, s.count), w, parts[m].h, NmfLoss::frobenius);
      sum += e * e;
    }
  return std::sqrt(sum);
}

}  // namespace

NmfStart joint_random_start(const std::vector<Matrix>& modalities, Index k, uint64_t seed) {
  const Index n = modalities.at(0).rows();
  Index width = 0;
  for (const Matrix& x : modalities) width += x.cols();
  const double mean = kJointNorm * std::sqrt(static_cast<double>(modalities.size()) / (static_cast<double>(n * width)));
  const double scale = std::sqrt(mean / static_cast<double>(k));
  return {gaussian_matrix(n, k, mix_seed(seed, {1})).cwiseAbs() * scale,
          gaussian_matrix(k, width, mix_seed(seed, {2})).cwiseAbs() * scale};
}

JointNmf fit_joint_nmf(const std::vector<Matrix>& modalities, const Presence& present, const NmfStart& start,
                       const NmfOptions& options) {
  check(modalities, present);
  const Order order = order_items(modalities, present);
  JointNmf result;
  result.scales.resize(static_cast<Index>(modalities.size()));
  std::vector<Matrix> scaled(modalities.size());
  std::vector<NmfPart> parts(modalities.size());
  Index column = 0;
  for (size_t m = 0; m < modalities.size(); ++m) {
    scaled[m] = ordered(modalities[m], order, m);
    require_nonnegative(scaled[m], "joint nmf");
    result.scales(static_cast<Index>(m)) = scaled[m].norm();
    scaled[m] *= kJointNorm / result.scales(static_cast<Index>(m));
    parts[m].x = &scaled[m];
    if (column + scaled[m].cols() > start.h.cols() || start.w.rows() != scaled[m].rows())
      throw UsageError("joint nmf", "expected a start for all items and columns, got {} x {} and {} x {}",
                       start.w.rows(), start.w.cols(), start.h.rows(), start.h.cols());
    parts[m].h = start.h.middleCols(column, scaled[m].cols());
    column += scaled[m].cols();
  }
  Matrix wt(start.w.cols(), start.w.rows());
  for (Index i = 0; i < wt.cols(); ++i) wt.col(i) = start.w.row(order.items[static_cast<size_t>(i)]).transpose();
  double first = 0;
  while (result.iterations < options.iterations) {
    const double violation = descend_all(parts, order.segments, wt, {});
    if (++result.iterations == 1) first = violation;
    if (options.tolerance > 0 && violation <= options.tolerance * first) break;
  }
  result.error = error_of(parts, order.segments, wt);
  result.w.resize(wt.cols(), wt.rows());
  for (Index i = 0; i < wt.cols(); ++i) result.w.row(order.items[static_cast<size_t>(i)]) = wt.col(i).transpose();
  for (NmfPart& part : parts) result.h.push_back(std::move(part.h));
  return result;
}

Matrix JointNmf::coordinates(size_t m, const Matrix& rows) const {
  return nonnegative_rows(rows * (kJointNorm / scales(static_cast<Index>(m))), h.at(m));
}

Matrix JointNmf::predict(size_t m, const Matrix& coordinates) const {
  return multiply(coordinates, h.at(m)) * (scales(static_cast<Index>(m)) / kJointNorm);
}

}  // namespace sensorium::classic
