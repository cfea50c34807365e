#include "sensorium/classic/mutual_information.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace sensorium::classic {
namespace {

constexpr double kNothing = 1e-15;  // information that is rounding

template <class Counts>
double entropy(const Counts& counts, double total) {
  double h = 0;
  for (Index i = 0; i < counts.rows(); ++i)
    for (Index j = 0; j < counts.cols(); ++j)
      if (counts(i, j) > 0) h -= counts(i, j) / total * std::log(counts(i, j) / total);
  return h;
}

/// E[I] over tables with these margins (hypergeometric).
double expected_information(const Vector& a, const Vector& b, double n) {
  double sum = 0;
  const auto log_factorial = [](double x) { return std::lgamma(x + 1); };
  const double log_n = log_factorial(n);
  for (Index i = 0; i < a.size(); ++i)
    for (Index j = 0; j < b.size(); ++j)
      for (double c = std::max(1.0, a(i) + b(j) - n); c <= std::min(a(i), b(j)); ++c) {
        const double log_chance = log_factorial(a(i)) + log_factorial(b(j)) + log_factorial(n - a(i)) +
                                  log_factorial(n - b(j)) - log_n - log_factorial(c) - log_factorial(a(i) - c) -
                                  log_factorial(b(j) - c) - log_factorial(n - a(i) - b(j) + c);
        sum += c / n * std::log(n * c / (a(i) * b(j))) * std::exp(log_chance);
      }
  return sum;
}

template <class T>
Matrix count_pairs(std::span<const T> x, std::span<const T> y) {
  if (x.size() != y.size() || x.empty())
    throw InputError("mi", "expected two lists of the same length above 0, got {} and {}", x.size(), y.size());
  std::map<T, Index> rows, columns;
  for (const T& v : x) rows[v] = 0;
  for (const T& v : y) columns[v] = 0;
  Index next = 0;
  for (auto& [value, at] : rows) at = next++;
  next = 0;
  for (auto& [value, at] : columns) at = next++;
  Matrix counts = Matrix::Zero(static_cast<Index>(rows.size()), static_cast<Index>(columns.size()));
  for (size_t i = 0; i < x.size(); ++i) counts(rows[x[i]], columns[y[i]]) += 1;
  return counts;
}

double log_sum_exp(const Eigen::Ref<const Eigen::RowVectorXd>& row) {
  const double most = row.maxCoeff();
  return most + std::log((row.array() - most).exp().sum());
}

double infonce_of(const Matrix& f) {
  double sum = 0;
  for (Index i = 0; i < f.rows(); ++i) sum += f(i, i) - log_sum_exp(f.row(i));
  return sum / static_cast<double>(f.rows()) + std::log(static_cast<double>(f.rows()));
}

}  // namespace

DiscreteInformation discrete_information(const Matrix& counts) {
  for (Index i = 0; i < counts.rows(); ++i)
    for (Index j = 0; j < counts.cols(); ++j)
      if (!(counts(i, j) >= 0 && std::isfinite(counts(i, j))))
        throw InputError("mi", "expected counts of at least 0, got {} in row {}, column {}", counts(i, j), i, j);
  const double total = counts.sum();
  if (!(total > 0))
    throw InputError("mi", "expected a table with a count above 0, got {} x {} zeros", counts.rows(), counts.cols());
  const Vector x = counts.rowwise().sum(), y = counts.colwise().sum().transpose();
  DiscreteInformation d;
  d.h_x = entropy(x, total);
  d.h_y = entropy(y, total);
  d.h_xy = entropy(counts, total);
  const double mutual = d.h_x + d.h_y - d.h_xy;
  d.mutual = std::abs(mutual) > kNothing ? std::max(0.0, mutual) : 0;
  d.h_x_given_y = d.h_xy - d.h_y;
  d.variation = 2 * d.h_xy - d.h_x - d.h_y;
  d.values_x = (x.array() > 0).count();
  d.values_y = (y.array() > 0).count();
  return d;
}

double normalised_information(const DiscreteInformation& d, EntropyMean mean) {
  if (d.values_x == 1 && d.values_y == 1) return 1;
  if (d.mutual <= 0x1p-52) return 0;
  switch (mean) {
    case EntropyMean::arithmetic:
      return d.mutual / ((d.h_x + d.h_y) / 2);
    case EntropyMean::geometric:
      return d.mutual / std::sqrt(d.h_x * d.h_y);
    case EntropyMean::min:
      return d.mutual / std::min(d.h_x, d.h_y);
    case EntropyMean::max:
      break;
  }
  return d.mutual / std::max(d.h_x, d.h_y);
}

double adjusted_information(const Matrix& counts) {
  const DiscreteInformation d = discrete_information(counts);
  if (d.values_x == 1 && d.values_y == 1) return 1;
  for (Index i = 0; i < counts.size(); ++i)
    if (counts.data()[i] != std::floor(counts.data()[i]))
      throw InputError("mi", "expected whole numbers of counts, got {}", counts.data()[i]);
  const double expected =
      expected_information(counts.rowwise().sum(), counts.colwise().sum().transpose(), counts.sum());
  double below = (d.h_x + d.h_y) / 2 - expected;
  below = below < 0 ? std::min(below, -0x1p-52) : std::max(below, 0x1p-52);
  return (d.mutual - expected) / below;
}

Matrix contingency(std::span<const int64_t> x, std::span<const int64_t> y) {
  return count_pairs<int64_t>(x, y);
}

Matrix contingency(const std::vector<std::string>& x, const std::vector<std::string>& y) {
  return count_pairs<std::string>(x, y);
}

double gaussian_information(const Matrix& s, Index dim_x) {
  const Index p = s.rows();
  if (s.cols() != p || dim_x < 1 || dim_x >= p)
    throw UsageError("mi", "expected a square covariance and 1 to {} variables of x, got {} x {} and {}", p - 1, p,
                     s.cols(), dim_x);
  return 0.5 * (log_determinant(s.topLeftCorner(dim_x, dim_x), "mi") +
                log_determinant(s.bottomRightCorner(p - dim_x, p - dim_x), "mi") - log_determinant(s, "mi"));
}

double gaussian_information(const Vector& correlations) {
  double sum = 0;
  for (Index i = 0; i < correlations.size(); ++i) sum -= 0.5 * std::log1p(-correlations(i) * correlations(i));
  return sum + 0.0;
}

Vector covariance_correlations(const Matrix& s, Index dim_x) {
  const Index dim_y = s.rows() - dim_x;
  const Matrix w1 = whitener(s.topLeftCorner(dim_x, dim_x), "mi");
  const Matrix w2 = whitener(s.bottomRightCorner(dim_y, dim_y), "mi");
  return thin_svd(multiply_transposed(w1, multiply(s.topRightCorner(dim_x, dim_y), w2))).s;
}

InformationBounds information_bounds(const Matrix& f) {
  const Index n = f.rows();
  if (n < 2 || f.cols() != n)
    throw InputError("mi", "expected a square matrix of scores of 2 pairs or more, got {} x {}", n, f.cols());
  InformationBounds b;
  b.limit = std::log(static_cast<double>(n));
  b.infonce = infonce_of(f);
  b.infonce_columns = infonce_of(f.transpose());
  b.symmetric = (b.infonce + b.infonce_columns) / 2;
  b.clip_loss = b.limit - b.symmetric;
  Matrix off = f;
  off.diagonal().setConstant(-std::numeric_limits<double>::infinity());
  const double most = off.maxCoeff();
  const double log_mean = most + std::log((off.array() - most).exp().sum() / static_cast<double>(n * (n - 1)));
  const double matched = f.diagonal().mean();
  b.donsker_varadhan = matched - log_mean;
  b.nwj = matched - std::exp(log_mean - 1);
  return b;
}

}  // namespace sensorium::classic
