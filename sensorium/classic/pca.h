#pragma once
// Principal components, and the projection that PCA, truncated SVD and LSA share.

#include "sensorium/classic/svd.h"

namespace sensorium::classic {

/// Rows to scores: (x - mean) V', divided by `scale` where there is one.
struct Projection {
  Vector mean;        // (p); empty: none
  Matrix components;  // (k x p), orthonormal rows
  Vector scale;       // (k); empty: none

  /// (n x k) scores of (n x p) rows. Throws InputError for another width.
  Matrix transform(const Matrix& rows) const;
  /// (n x p) rows of (n x k) scores.
  Matrix inverse(const Matrix& scores) const;
};

struct Pca {
  Projection projection;
  Vector explained_variance;  // (k): s^2 / (n - 1)
  Vector explained_ratio;     // (k): of the total variance
  Vector singular_values;     // (k)
  double noise_variance = 0;  // mean of the discarded variances; 0 when none is
};

/// By thin SVD of the centred rows (n x p); `whiten` divides scores by their standard deviation. Throws UsageError for
/// a k outside [1, min(n, p)], InputError for fewer than 2 rows.
Pca fit_pca(const Matrix& rows, Index k, bool whiten);
/// In one pass over rows that need not fit in memory (see streamed_svd).
Pca fit_pca_streamed(const RowSource& source, Index k, bool whiten);
/// The smallest number of components whose explained share exceeds `share`.
Index components_for(const Matrix& rows, double share);

/// Truncated SVD without centring: scores (n x k), and the variance (ddof 0) of each score over the summed variance of
/// the columns.
struct TruncatedScores {
  Matrix scores;
  Vector explained_variance, explained_ratio;
};
TruncatedScores truncated_scores(const Matrix& rows, const Matrix& components);

}  // namespace sensorium::classic
