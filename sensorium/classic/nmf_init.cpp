#include "sensorium/base/error.h"
#include "sensorium/classic/nmf.h"
#include "sensorium/classic/svd.h"

#include <cmath>

namespace sensorium::classic {
namespace {

constexpr Index kExactEdge = 600;  // matrices with a smaller edge are decomposed exactly

/// sqrt(s) times the stronger sign of a pair of singular vectors.
void set_component(NmfStart& start, Index t, const Vector& u, const Vector& v, double s) {
  const Vector up = u.cwiseMax(0), vp = v.cwiseMax(0), un = (-u).cwiseMax(0), vn = (-v).cwiseMax(0);
  const double plus = up.norm() * vp.norm(), minus = un.norm() * vn.norm();
  const bool positive = plus > minus;
  const double size = positive ? plus : minus;
  if (size == 0) return;
  const double scale = std::sqrt(s * size);
  start.w.col(t) = positive ? Vector(up * (scale / up.norm())) : Vector(un * (scale / un.norm()));
  start.h.row(t) = (positive ? Vector(vp * (scale / vp.norm())) : Vector(vn * (scale / vn.norm()))).transpose();
}

}  // namespace

NmfStart nndsvd(const Matrix& x, Index k, double fill, uint64_t seed) {
  require_nonnegative(x, "nmf");
  if (k < 1 || k > std::min(x.rows(), x.cols()))
    throw UsageError("nmf", "expected 1 to {} components for this start, got {}", std::min(x.rows(), x.cols()), k);
  const bool exact = std::min(x.rows(), x.cols()) < kExactEdge;
  const Svd svd = exact ? truncated_svd(x, k) : randomized_svd(x, k, {.seed = seed});
  NmfStart start{Matrix::Zero(x.rows(), k), Matrix::Zero(k, x.cols())};
  start.w.col(0) = svd.u.col(0).cwiseAbs() * std::sqrt(svd.s(0));
  start.h.row(0) = svd.vt.row(0).cwiseAbs() * std::sqrt(svd.s(0));
  for (Index t = 1; t < svd.s.size(); ++t) set_component(start, t, svd.u.col(t), svd.vt.row(t).transpose(), svd.s(t));
  for (Matrix* m : {&start.w, &start.h}) *m = (m->array() < 1e-6).select(fill, *m);
  return start;
}

}  // namespace sensorium::classic
