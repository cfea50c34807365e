#pragma once
// Least squares with coefficients of at least 0.

#include "sensorium/classic/matrix.h"

namespace sensorium::classic {

/// The w >= 0 that minimises ||x - w H||, exactly, from G = H H' (k x k, positive definite) and c = H x (k): Bro, de
/// Jong, "A fast non-negativity-constrained least squares algorithm" (1997), after Lawson and Hanson. For k up to some
/// hundred.
Vector nonnegative_least_squares(const Matrix& g, const Vector& c);

/// For each row of x (n x p), with H (k x p): (n x k), on all threads. Throws InputError for other widths.
Matrix nonnegative_rows(const Matrix& x, const Matrix& h);

}  // namespace sensorium::classic
