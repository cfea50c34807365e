#pragma once
// Mutual information from distances to neighbours. In nats; negative estimates are given as they are.

#include "sensorium/classic/matrix.h"

#include <cstdint>

namespace sensorium::classic {

/// KSG estimator 1 (Kraskov, Stoegbauer, Grassberger, "Estimating mutual information", 2004) between the rows of x
/// (n x d) and y (n x e), under the maximum norm: psi(n) + psi(k) - mean psi(n_x + 1) - mean psi(n_y + 1). Scale the
/// columns first (`unit_deviation`): it is not invariant to the scaling of one variable. Where k neighbours coincide
/// with a point, those that equal it are counted; estimates from data with many repeated rows are biased. Throws
/// InputError unless both have the same n > k rows, UsageError for k < 1. On all threads.
double ksg_information(const Matrix& x, const Matrix& y, int k = 3);

/// Between one continuous column (n) and a discrete label (Ross, "Mutual information between discrete and continuous
/// data sets", 2014). Labels that occur once are dropped. Throws as above, and InputError when no label occurs twice.
double ross_information(const Vector& values, std::span<const int64_t> labels, int k = 3);

/// Columns over their standard deviation (divided by n; no centring); columns that do not vary stay.
Matrix unit_deviation(const Matrix& rows);

}  // namespace sensorium::classic
