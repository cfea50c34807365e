#include "sensorium/classic/nnls.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/products.h"

#include <Eigen/Cholesky>

#include <algorithm>

namespace sensorium::classic {
namespace {

/// The unconstrained solution on the passive set, zero elsewhere.
Vector solve_on(const Matrix& g, const Vector& c, const std::vector<Index>& passive) {
  const Index m = static_cast<Index>(passive.size());
  Matrix part(m, m);
  Vector right(m);
  for (Index i = 0; i < m; ++i) {
    right(i) = c(passive[static_cast<size_t>(i)]);
    for (Index j = 0; j < m; ++j) part(i, j) = g(passive[static_cast<size_t>(i)], passive[static_cast<size_t>(j)]);
  }
  const Vector inside = part.ldlt().solve(right);
  Vector all = Vector::Zero(c.size());
  for (Index i = 0; i < m; ++i) all(passive[static_cast<size_t>(i)]) = inside(i);
  return all;
}

}  // namespace

Vector nonnegative_least_squares(const Matrix& g, const Vector& c) {
  const Index k = c.size();
  const double tolerance = 1e-14 * static_cast<double>(k) * std::max(g.cwiseAbs().maxCoeff(), c.cwiseAbs().maxCoeff());
  Vector w = Vector::Zero(k);
  std::vector<Index> passive;
  for (Index step = 0; step < 3 * k + 10; ++step) {
    const Vector slope = c - g * w;
    Index best = -1;
    for (Index t = 0; t < k; ++t)
      if (std::find(passive.begin(), passive.end(), t) == passive.end() && slope(t) > tolerance &&
          (best < 0 || slope(t) > slope(best)))
        best = t;
    if (best < 0) break;
    passive.push_back(best);
    std::sort(passive.begin(), passive.end());
    Vector s = solve_on(g, c, passive);
    while (!passive.empty()) {  // step back to the border while a coefficient would fall below 0
      double alpha = 1;
      for (const Index t : passive)
        if (s(t) <= 0) alpha = std::min(alpha, w(t) / (w(t) - s(t)));
      if (std::all_of(passive.begin(), passive.end(), [&](Index t) { return s(t) > 0; })) break;
      w += alpha * (s - w);
      std::erase_if(passive, [&](Index t) { return w(t) <= tolerance * 1e-2 || (s(t) <= 0 && w(t) <= 0); });
      Vector kept = Vector::Zero(k);
      for (const Index t : passive) kept(t) = w(t);
      w = kept;
      s = solve_on(g, c, passive);
    }
    w = s;
  }
  return w.cwiseMax(0);
}

Matrix nonnegative_rows(const Matrix& x, const Matrix& h) {
  if (x.cols() != h.cols()) throw InputError("nmf", "expected rows of {} values, got {}", h.cols(), x.cols());
  const Matrix g = multiply_by_transposed(h, h), c = multiply_by_transposed(x, h);
  Matrix w(x.rows(), h.rows());
  for_blocks(x.rows(), 64, [&](Index first, Index count) {
    for (Index i = first; i < first + count; ++i)
      w.row(i) = nonnegative_least_squares(g, c.row(i).transpose()).transpose();
  });
  return w;
}

}  // namespace sensorium::classic
