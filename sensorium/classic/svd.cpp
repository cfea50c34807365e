#include "sensorium/classic/svd.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/moments.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {
namespace {

void check_components(Index k, Index n, Index p) {
  if (k < 1 || k > std::min(n, p))
    throw UsageError("svd", "expected 1 to {} components of {} x {} values, got {}", std::min(n, p), n, p, k);
}

Svd leading(Svd svd, Index k) {
  return {svd.u.leftCols(k), svd.s.head(k), svd.vt.topRows(k)};
}

/// (A'A)^iterations omega, orthonormal.
Matrix power_iterations(const Matrix& a, Matrix q, int iterations) {
  const double flops = 2.0 * static_cast<double>(q.cols()) * iterations;
  if (iterations > 0 && static_cast<double>(a.cols()) < flops && a.cols() < a.rows()) {
    const Matrix g = gram(a);
    for (int i = 0; i < iterations; ++i) q = orthonormal_columns(multiply(g, q));
    return q;
  }
  for (int i = 0; i < iterations; ++i)
    q = orthonormal_columns(multiply_transposed(a, orthonormal_columns(multiply(a, q))));
  return q;
}

}  // namespace

Svd truncated_svd(const Matrix& a, Index k) {
  check_components(k, a.rows(), a.cols());
  return leading(thin_svd(a), k);
}

Svd randomized_svd(const Matrix& a, Index k, const Matrix& omega, int iterations) {
  check_components(k, a.rows(), a.cols());
  if (omega.rows() != a.cols() || omega.cols() < k)
    throw UsageError("svd", "expected a test matrix of {} x at least {}, got {} x {}", a.cols(), k, omega.rows(),
                     omega.cols());
  const Matrix q = orthonormal_columns(multiply(a, power_iterations(a, omega, iterations)));
  Svd inside = thin_svd(multiply_transposed(q, a));
  k = std::min(k, q.cols());  // fewer where the rank is smaller
  inside.u = multiply(q, inside.u.leftCols(k));
  return leading(std::move(inside), k);
}

Matrix gaussian_matrix(Index rows, Index columns, uint64_t seed) {
  Matrix m(rows, columns);
  for_blocks(rows, 256, [&](Index first, Index count) {
    CounterRng rng(seed, static_cast<uint64_t>(first));
    for (Index i = first * columns; i < (first + count) * columns; ++i) m.data()[i] = rng.normal();
  });
  return m;
}

Svd randomized_svd(const Matrix& a, Index k, const RandomizedOptions& options) {
  check_components(k, a.rows(), a.cols());
  const Index width = std::min(k + options.oversamples, std::min(a.rows(), a.cols()));
  return randomized_svd(a, k, gaussian_matrix(a.cols(), width, options.seed), options.iterations);
}

StreamedSvd streamed_svd(const RowSource& source, Index k, bool centre) {
  check_components(k, source.rows(), source.columns());
  Moments moments = stream_moments({&source}, "svd");
  StreamedSvd result;
  result.rows = moments.n;
  result.mean = moments.mean;
  Matrix& scatter = moments.scatter;
  if (!centre) {
    scatter += static_cast<double>(moments.n) * moments.mean * moments.mean.transpose();
    mirror_upper(scatter);
  }
  result.total = scatter.trace();
  const EigenPairs pairs = symmetric_eigen(std::move(scatter));
  result.svd.s = pairs.values.head(k).cwiseMax(0).cwiseSqrt();
  result.svd.vt = pairs.vectors.leftCols(k).transpose();
  result.svd.vt.array().colwise() *= row_signs(result.svd.vt).array();
  return result;
}

}  // namespace sensorium::classic
