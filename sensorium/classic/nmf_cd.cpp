// The inner loop of coordinate descent, apart so that it is compiled for speed.

#include "sensorium/classic/nmf_steps.h"

#include <cmath>

namespace sensorium::classic {

double descend(const Matrix& g, Matrix& gradient, double* w, Index ldw, Index count) {
  const Index k = g.rows();
  double violation = 0;
  std::vector<double> moved(static_cast<size_t>(count));
  for (Index t = 0; t < k; ++t) {
    const double curvature = g(t, t);
    double* row = w + t * ldw;
    const double* slope = &gradient(t, 0);
    double projected = 0;
    for (Index i = 0; i < count; ++i) projected += std::abs(row[i] == 0 ? std::min(0.0, slope[i]) : slope[i]);
    violation += projected;
    if (curvature == 0) continue;
    for (Index i = 0; i < count; ++i) {
      const double next = std::max(row[i] - slope[i] / curvature, 0.0);
      moved[static_cast<size_t>(i)] = next - row[i];
      row[i] = next;
    }
    for (Index s = t + 1; s < k; ++s) {
      const double factor = g(t, s);
      double* other = &gradient(s, 0);
      for (Index i = 0; i < count; ++i) other[i] += factor * moved[static_cast<size_t>(i)];
    }
  }
  return violation;
}

}  // namespace sensorium::classic
