#pragma once
// Scaling of columns (fitted on training rows) and of rows.

#include "sensorium/classic/rows.h"

namespace sensorium::classic {

/// x -> (x - shift) / scale, column by column.
struct Scaler {
  Vector shift, scale;  // (p)
  bool clip = false;    // results outside [low, high] are set to the nearest of the two
  double low = 0, high = 1;
  Matrix transform(const Matrix& rows) const;
  Matrix inverse(const Matrix& rows) const;
};

/// Mean 0 and variance 1 (divided by n); columns that do not vary keep scale 1. In one pass; `variance` as measured.
struct Standard {
  Scaler scaler;
  Vector variance;
};
Standard fit_standard(const RowSource& rows);

/// To [low, high] by the smallest and largest value; columns that do not vary keep scale 1.
struct MinMax {
  Scaler scaler;
  Vector least, greatest;
};
MinMax fit_min_max(const Matrix& rows, double low = 0, double high = 1, bool clip = false);

/// Each row over its norm; zero rows stay zero.
enum class RowNorm { l2, l1, max };
Matrix normalise_rows(Matrix rows, RowNorm norm = RowNorm::l2);

}  // namespace sensorium::classic
