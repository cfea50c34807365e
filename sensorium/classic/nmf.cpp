#include "sensorium/classic/nmf.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/nmf_steps.h"
#include "sensorium/classic/products.h"
#include "sensorium/classic/svd.h"

#include <cmath>
#include <numeric>

namespace sensorium::classic {
namespace {

constexpr int kCheckEvery = 10;  // iterations of multiplicative updates between looks at the error

void check(const Matrix& x, const Matrix& w, const Matrix& h, const NmfOptions& options) {
  if (w.rows() != x.rows() || h.cols() != x.cols() || w.cols() != h.rows() || w.cols() == 0)
    throw UsageError("nmf", "expected a start of {} x k and k x {}, got {} x {} and {} x {}", x.rows(), x.cols(),
                     w.rows(), w.cols(), h.rows(), h.cols());
  if (options.loss != NmfLoss::frobenius && options.solver == NmfSolver::coordinate_descent)
    throw UsageError("nmf", "expected multiplicative updates with the Kullback-Leibler loss, got coordinate descent");
  require_nonnegative(x, "nmf");
}

int run_descent(const Matrix& x, Matrix& wt, Matrix& h, const NmfOptions& options) {
  const double w_scale = options.alpha_w * static_cast<double>(x.cols());
  const double h_scale = options.alpha_h * static_cast<double>(x.rows());
  const NmfPenalty penalty{w_scale * options.l1_ratio, w_scale * (1 - options.l1_ratio), h_scale * options.l1_ratio,
                           h_scale * (1 - options.l1_ratio)};
  std::vector<NmfPart> parts(1);
  parts[0].x = &x;
  parts[0].h = std::move(h);
  const std::vector<NmfSegment> segments{{0, x.rows(), {0}}};
  double first = 0;
  int done = 0;
  while (done < options.iterations) {
    const double violation = descend_all(parts, segments, wt, penalty);
    if (++done == 1) first = violation;
    if (options.tolerance > 0 && violation <= options.tolerance * first) break;
  }
  h = std::move(parts[0].h);
  return done;
}

int run_updates(const Matrix& x, Matrix& wt, Matrix& h, const NmfOptions& options) {
  const auto error = [&] { return nmf_error(x, wt.transpose(), h, options.loss); };
  const double first = options.tolerance > 0 ? error() : 0;
  double previous = first;
  int done = 0;
  while (done < options.iterations) {
    options.loss == NmfLoss::frobenius ? update_frobenius(x, wt, h) : update_kullback_leibler(x, wt, h);
    ++done;
    if (options.tolerance > 0 && done % kCheckEvery == 0) {
      const double now = error();
      if ((previous - now) / first < options.tolerance) break;
      previous = now;
    }
  }
  return done;
}

}  // namespace

void require_nonnegative(const Matrix& x, const char* operation) {
  if (x.size() == 0) throw InputError(operation, "expected rows and columns, got {} x {}", x.rows(), x.cols());
  if (x.minCoeff() < 0)
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < x.cols(); ++j)
        if (x(i, j) < 0)
          throw InputError(operation, "expected values of at least 0, got {} in row {}, column {}", x(i, j), i, j);
  if (x.maxCoeff() == 0) throw InputError(operation, "expected a value above 0, got zeros alone");
}

double nmf_error(const Matrix& x, const Matrix& w, const Matrix& h, NmfLoss loss) {
  const Index n = x.rows();
  std::vector<double> sums(static_cast<size_t>(nmf_groups(n)), 0);
  for_nmf_blocks(n, [&](size_t group, Index first, Index count) {
    const Matrix block = w.middleRows(first, count) * h;
    const auto values = x.middleRows(first, count).array();
    if (loss == NmfLoss::frobenius)
      sums[group] += (values - block.array()).square().sum();
    else
      sums[group] += 2 * ((values > 0).select(values * (values.max(1e-300) / block.array().max(0x1p-23)).log(), 0.0) -
                          values + block.array())
                             .sum();
  });
  return std::sqrt(std::max(0.0, std::accumulate(sums.begin(), sums.end(), 0.0)));
}

Nmf fit_nmf(const Matrix& x, Matrix w0, Matrix h0, const NmfOptions& options) {
  check(x, w0, h0, options);
  Matrix wt = w0.transpose();
  Nmf result;
  result.h = std::move(h0);
  result.iterations = options.solver == NmfSolver::coordinate_descent ? run_descent(x, wt, result.h, options)
                                                                      : run_updates(x, wt, result.h, options);
  result.w = wt.transpose();
  result.error = nmf_error(x, result.w, result.h, options.loss);
  return result;
}

Matrix nmf_transform(const Matrix& x, const Matrix& h, int sweeps) {
  require_nonnegative(x, "nmf");
  if (x.cols() != h.cols()) throw InputError("nmf", "expected rows of {} values, got {}", h.cols(), x.cols());
  const Matrix g = multiply_by_transposed(h, h), targets = multiply_by_transposed(h, x);
  Matrix wt = Matrix::Zero(h.rows(), x.rows());
  for (int i = 0; i < sweeps; ++i) {
    Matrix gradient = multiply(g, wt) - targets;
    descend(g, gradient, wt.data(), wt.cols(), wt.cols());
  }
  return wt.transpose();
}

NmfStart random_start(const Matrix& x, Index k, uint64_t seed) {
  const double scale = std::sqrt(x.mean() / static_cast<double>(k));
  return {gaussian_matrix(x.rows(), k, mix_seed(seed, {1})).cwiseAbs() * scale,
          gaussian_matrix(k, x.cols(), mix_seed(seed, {2})).cwiseAbs() * scale};
}

}  // namespace sensorium::classic
