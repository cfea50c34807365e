#include "sensorium/classic/newton.h"

#include "sensorium/base/error.h"

#include <cmath>

namespace sensorium::classic {
namespace {

/// A step that solves curve(step) = -gradient to a relative error of `accuracy`.
Vector newton_step(const ConvexFunction& f, const Vector& gradient, double accuracy) {
  Vector step = Vector::Zero(gradient.size()), residual = -gradient, direction = residual;
  double square = residual.squaredNorm();
  const double enough = square * accuracy * accuracy;
  for (Index i = 0; i < 2 * gradient.size() + 10 && square > enough; ++i) {
    const Vector curved = f.curve(direction);
    const double curvature = direction.dot(curved);
    if (!(curvature > 0)) break;
    const double length = square / curvature;
    step += length * direction;
    residual -= length * curved;
    const double next = residual.squaredNorm();
    direction = residual + (next / square) * direction;
    square = next;
  }
  return step.isZero(0) ? Vector(-gradient) : step;
}

}  // namespace

Vector minimise(const ConvexFunction& f, Vector start, double tolerance, std::string_view operation) {
  constexpr int kSteps = 200, kHalvings = 40;
  Vector at = std::move(start), gradient;
  double value = f.value(at, gradient);
  const double first = gradient.norm();
  for (int i = 0; i < kSteps; ++i) {
    if (!std::isfinite(value)) throw InputError(operation, "expected a finite loss, got {}", value);
    const double norm = gradient.norm();
    if (norm <= tolerance * first || norm == 0) break;
    const Vector step = newton_step(f, gradient, std::min(0.1, std::sqrt(norm / first)) * 0.1);
    const double slope = gradient.dot(step);
    double length = 1;
    Vector next, next_gradient;
    bool better = false;
    for (int h = 0; h < kHalvings && !better; ++h, length /= 2) {
      next = at + length * step;
      const double next_value = f.value(next, next_gradient);
      better = next_value <= value + 1e-4 * length * slope ||
               (next_gradient.norm() < norm && next_value <= value + 1e-12 * std::abs(value));
      if (better) value = next_value;
    }
    if (!better) break;
    at = std::move(next);
    gradient = std::move(next_gradient);
  }
  return at;
}

}  // namespace sensorium::classic
