#pragma once
// Means and covariances of several views side by side, in one pass over rows that need not fit in memory.

#include "sensorium/classic/rows.h"

#include <string_view>

namespace sensorium::classic {

/// Of n rows of P = p_1 + ... + p_v columns (the views' side by side).
struct Moments {
  Index n = 0;
  std::vector<Index> widths;  // p_1 ... p_v
  Vector mean;                // (P)
  Matrix scatter;             // (P x P): sum of (x - mean)(x - mean)'

  Index views() const { return static_cast<Index>(widths.size()); }
  /// Where a view's columns begin.
  Index offset(Index view) const;
  /// A view's mean (p_i).
  Vector mean_of(Index view) const { return mean.segment(offset(view), widths[static_cast<size_t>(view)]); }
  /// Covariance (p_i x p_j) of two views, divided by n - 1.
  Matrix covariance(Index i, Index j) const;
  /// Columns whose variance is zero up to rounding of their values.
  std::vector<Index> constant_columns() const;
};

/// Blocks of rows are centred on their own means and joined by the update of Chan, Golub and LeVeque ("Updating
/// formulae and a pairwise algorithm for computing sample variances", 1979), so a large mean costs no digits. Memory:
/// (P x P) and one block. Throws InputError naming the source: fewer than 2 rows, differing numbers of rows, NaN or
/// infinity.
Moments stream_moments(const std::vector<const RowSource*>& views, std::string_view operation);

}  // namespace sensorium::classic
