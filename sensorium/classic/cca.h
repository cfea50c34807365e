#pragma once
// Canonical correlation analysis: pairs of directions in two views whose scores correlate most.
//
// Note: signs. A component's sign is common to all views: view 1's weight of largest magnitude is positive.

#include "sensorium/classic/moments.h"

#include <string>

namespace sensorium::classic {

/// A view's covariance S becomes (1 - shrinkage) S + (shrinkage + ridge + relative_ridge m) I, m the mean of the view's
/// variances, so that relative_ridge does not depend on the view's units. All 0: CCA; shrinkage 1: PLS, one SVD of the
/// cross-covariance; between: regularised CCA (Vinod, "Canonical ridge", 1976).
struct Penalty {
  double shrinkage = 0, ridge = 0, relative_ridge = 0;
};

/// Linear maps of two or more views into one space.
struct LinearViews {
  std::vector<Vector> means;    // (p_i)
  std::vector<Matrix> weights;  // (p_i x k); w' R w = 1 for each column of a two-view model
  Vector values;                // (k), descending: canonical correlations, or what the method maximises
  std::vector<Index> ranks;     // of the views' covariances

  /// (n x k) scores of rows of one view. Throws InputError for another width.
  Matrix transform(size_t view, const Matrix& rows) const;
};

struct Cca {
  LinearViews views;
  Vector all_values;  // every singular value, not only the first k
  Index rows = 0;
  /// Wilks' lambda: the product of 1 - rho^2 over all.
  double wilks_lambda() const;
  /// What a reader has to know: fewer rows than directions (perfect correlations that mean nothing), constant or
  /// repeated columns. Empty when all is well.
  std::vector<std::string> warnings;
};

/// From means and covariances, so rows may be streamed. `penalties` holds one for each view or one for both. k at most
/// the smaller rank, else fewer components come back. Throws UsageError for k < 1 or a shrinkage outside [0, 1],
/// InputError for a view without variation. Source: Hotelling, "Relations between two sets of variates" (1936);
/// computed as the SVD of W1' S12 W2 with whiteners W_i.
Cca fit_cca(const Moments& moments, Index k, const std::vector<Penalty>& penalties);

/// From rows in memory. With few rows (n < 4 p) unpenalised views are whitened by an SVD of the rows themselves, which
/// keeps the digits that a covariance would square away.
Cca fit_cca(const Matrix& view1, const Matrix& view2, Index k, const std::vector<Penalty>& penalties);

/// PLS canonical (mode A): components one by one, each view deflated by its own score. weights only (w' w = 1).
LinearViews fit_pls_canonical(const Matrix& view1, const Matrix& view2, Index k);

/// Pearson correlation of each pair of columns; 0 where one is constant.
Vector column_correlations(const Matrix& a, const Matrix& b);

/// The penalty of view i, from one for each or one for all. Throws UsageError for another number, or a penalty below 0
/// or a shrinkage above 1.
Penalty penalty_of(const std::vector<Penalty>& penalties, Index view, Index views);

/// What Penalty says of S.
Matrix penalised(const Matrix& covariance, const Penalty& penalty);

/// Applies the sign convention to weights.
void fix_signs(std::vector<Matrix>& weights);

}  // namespace sensorium::classic
