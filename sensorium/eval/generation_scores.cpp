#include "sensorium/eval/generation_scores.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium {
namespace {

constexpr const char* kOperation = "evaluate generate";
using classic::Matrix;

Matrix matrix_of(const FeatureRows& rows) {
  return classic::matrix_of(rows.values, rows.count(), rows.width);
}

void require_finite(const FeatureRows& rows) {
  for (size_t i = 0; i < rows.values.size(); ++i)
    if (!std::isfinite(rows.values[i]))
      throw InputError(kOperation, "expected finite features, got {} in row {}", rows.values[i],
                       i / static_cast<size_t>(rows.width));
}

void require_same_width(int64_t a, int64_t b) {
  if (a != b || a == 0) throw InputError(kOperation, "expected features of one width, got {} and {}", a, b);
}

/// Sum of (x_i . y_j / D + 1)^3 over all pairs, with those of i = j left out where `same`.
double kernel_sum(const Matrix& x, const Matrix& y, bool same) {
  constexpr classic::Index kBlock = 2048;
  double sum = 0;
  for (classic::Index first = 0; first < x.rows(); first += kBlock) {
    const auto rows = std::min(kBlock, x.rows() - first);
    Matrix k = classic::multiply_by_transposed(x.middleRows(first, rows), y);
    k = (k.array() / static_cast<double>(x.cols()) + 1).cube().matrix();
    sum += k.sum();
    if (same)
      for (classic::Index i = 0; i < rows; ++i) sum -= k(i, first + i);
  }
  return sum;
}

Matrix rows_at(const Matrix& m, const std::vector<int64_t>& rows) {
  Matrix out(static_cast<classic::Index>(rows.size()), m.cols());
  for (size_t i = 0; i < rows.size(); ++i) out.row(static_cast<classic::Index>(i)) = m.row(rows[i]);
  return out;
}

double distance_of(const Matrix& x, const Matrix& y) {
  const auto m = static_cast<double>(x.rows()), n = static_cast<double>(y.rows());
  return kernel_sum(x, x, true) / (m * (m - 1)) + kernel_sum(y, y, true) / (n * (n - 1)) -
         2 * kernel_sum(x, y, false) / (m * n);
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / (std::sqrt(aa) * std::sqrt(bb)) : 0;
}

}  // namespace

FeatureGaussian fit_gaussian(const FeatureRows& features) {
  if (features.count() < 2)
    throw InputError(kOperation, "expected at least 2 rows of features, got {}", features.count());
  require_finite(features);
  Matrix rows = matrix_of(features);
  const classic::Vector mean = rows.colwise().mean();
  rows.rowwise() -= mean.transpose();
  const Matrix covariance = classic::gram(rows) / static_cast<double>(rows.rows() - 1);
  const auto m = classic::values_of(mean), c = classic::values_of(covariance);
  return {{m.begin(), m.end()}, {c.begin(), c.end()}};
}

double trace_of_root(const FeatureGaussian& a, const FeatureGaussian& b) {
  require_same_width(static_cast<int64_t>(a.mean.size()), static_cast<int64_t>(b.mean.size()));
  const auto d = static_cast<classic::Index>(a.mean.size());
  const auto pairs = classic::symmetric_eigen(classic::matrix_of(a.covariance, d, d));
  const classic::Vector roots = pairs.values.cwiseMax(0).cwiseSqrt();
  const Matrix root = classic::multiply_by_transposed(pairs.vectors * roots.asDiagonal(), pairs.vectors);
  Matrix product = classic::multiply(classic::multiply(root, classic::matrix_of(b.covariance, d, d)), root);
  product = ((product + product.transpose()) / 2).eval();
  return classic::symmetric_eigen(std::move(product)).values.cwiseMax(0).cwiseSqrt().sum();
}

double frechet_distance(const FeatureGaussian& a, const FeatureGaussian& b) {
  require_same_width(static_cast<int64_t>(a.mean.size()), static_cast<int64_t>(b.mean.size()));
  const size_t d = a.mean.size();
  double distance = -2 * trace_of_root(a, b);
  for (size_t i = 0; i < d; ++i) {
    const double difference = a.mean[i] - b.mean[i];
    distance += difference * difference + a.covariance[i * d + i] + b.covariance[i * d + i];
  }
  return std::max(distance, 0.0);  // below by rounding only
}

double kernel_distance(const FeatureRows& x, const FeatureRows& y) {
  require_same_width(x.width, y.width);
  if (x.count() < 2 || y.count() < 2)
    throw InputError(kOperation, "expected at least 2 rows a side, got {} and {}", x.count(), y.count());
  require_finite(x);
  require_finite(y);
  return distance_of(matrix_of(x), matrix_of(y));
}

MeanDeviation mean_deviation(std::span<const double> values) {
  SENSORIUM_ASSERT(!values.empty());
  const auto n = static_cast<double>(values.size());
  MeanDeviation m{std::accumulate(values.begin(), values.end(), 0.0) / n, 0};
  for (const double v : values) m.deviation += (v - m.mean) * (v - m.mean) / n;
  m.deviation = std::sqrt(m.deviation);
  return m;
}

std::vector<double> kernel_distance_subsets(const FeatureRows& x, const FeatureRows& y, int subsets, int64_t size,
                                            uint64_t seed) {
  require_same_width(x.width, y.width);
  if (x.count() < 2 || y.count() < 2 || size < 2)
    throw InputError(kOperation, "expected at least 2 rows a side, got {} and {}", x.count(), y.count());
  require_finite(x);
  require_finite(y);
  const Matrix a = matrix_of(x), b = matrix_of(y);
  std::vector<double> values;
  for (int s = 0; s < subsets; ++s) {
    const auto draw = [&](int64_t n, uint64_t side) {
      std::vector<int64_t> rows;
      const uint64_t own = mix_seed(seed, {static_cast<uint64_t>(s), side});
      for (int64_t i = 0; i < std::min(size, n); ++i)
        rows.push_back(static_cast<int64_t>(permuted_index(own, static_cast<uint64_t>(n), static_cast<uint64_t>(i))));
      return rows;
    };
    values.push_back(distance_of(rows_at(a, draw(a.rows(), 0)), rows_at(b, draw(b.rows(), 1))));
  }
  return values;
}

double inception_score(const FeatureRows& probabilities) {
  const int64_t n = probabilities.count();
  if (n == 0) throw InputError(kOperation, "expected rows of probabilities, got none");
  std::vector<double> mean(static_cast<size_t>(probabilities.width));
  for (int64_t i = 0; i < n; ++i)
    for (size_t c = 0; c < mean.size(); ++c) {
      const double p = probabilities.row(i)[c];
      if (!(p >= 0)) throw InputError(kOperation, "expected probabilities of at least 0, got {} in row {}", p, i);
      mean[c] += p / static_cast<double>(n);
    }
  double divergence = 0;
  for (int64_t i = 0; i < n; ++i)
    for (size_t c = 0; c < mean.size(); ++c)
      if (const double p = probabilities.row(i)[c]; p > 0) divergence += p * (std::log(p) - std::log(mean[c]));
  return std::exp(divergence / static_cast<double>(n));
}

std::vector<double> inception_scores(const FeatureRows& probabilities, int splits) {
  const int64_t n = probabilities.count();
  if (splits < 1 || n < splits)
    throw InputError(kOperation, "expected at least a row of probabilities a split, got {} for {}", n, splits);
  std::vector<double> scores;
  int64_t first = 0;
  for (int64_t s = 0; s < splits; ++s) {
    const int64_t rows = n / splits + (s < n % splits);
    scores.push_back(inception_score({probabilities.values.subspan(static_cast<size_t>(first * probabilities.width),
                                                                   static_cast<size_t>(rows * probabilities.width)),
                                      probabilities.width}));
    first += rows;
  }
  return scores;
}

ClipScores clip_scores(std::span<const float> pictures, std::span<const float> captions,
                       std::span<const float> references, int64_t width) {
  const auto d = static_cast<size_t>(width);
  if (d == 0 || pictures.empty() || pictures.size() % d != 0 || captions.size() != pictures.size() ||
      references.size() % pictures.size() != 0)
    throw InputError("clipscore",
                     "expected embeddings of width {}, as many captions as pictures and R times as many "
                     "references, got {}, {} and {} values",
                     width, pictures.size(), captions.size(), references.size());
  const size_t n = pictures.size() / d, each = references.size() / pictures.size();
  ClipScores s;
  for (size_t i = 0; i < n; ++i) {
    const auto caption = captions.subspan(i * d, d);
    s.cosine.push_back(cosine(pictures.subspan(i * d, d), caption));
    s.score.push_back(2.5 * std::max(s.cosine.back(), 0.0));
    if (each == 0) continue;
    double best = -1;
    for (size_t r = 0; r < each; ++r) best = std::max(best, cosine(caption, references.subspan((i * each + r) * d, d)));
    const double own = s.score.back(), other = std::max(best, 0.0);
    s.reference_cosine.push_back(best);
    s.reference_score.push_back(own + other > 0 ? 2 * own * other / (own + other) : 0);
  }
  return s;
}

}  // namespace sensorium
