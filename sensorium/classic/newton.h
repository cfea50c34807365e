#pragma once
// Minimising smooth convex functions.

#include "sensorium/classic/matrix.h"

#include <functional>
#include <string_view>

namespace sensorium::classic {

/// A convex function of a vector. `value` is called first at a point; `curve` multiplies its Hessian there by a vector.
struct ConvexFunction {
  std::function<double(const Vector& at, Vector& gradient)> value;
  std::function<Vector(const Vector& direction)> curve;
};

/// Newton steps by conjugate gradients with backtracking (Nocedal, Wright, "Numerical optimization", algorithm 7.1),
/// until the gradient's norm is below `tolerance` times the first one, or no step helps. Returns where it ends; throws
/// InputError naming `operation` when the value stops being finite.
Vector minimise(const ConvexFunction& f, Vector start, double tolerance, std::string_view operation);

}  // namespace sensorium::classic
