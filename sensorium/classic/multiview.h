#pragma once
// Canonical correlations of more than two views.

#include "sensorium/classic/cca.h"

namespace sensorium::classic {

/// MCCA (SUMCOR; Kettenring, "Canonical analysis of several sets of variables", 1971): A v = lambda B v with A the
/// covariances between views over the number of views V, B the penalised covariances within them over V; v' B v = 1.
/// With two views lambda is the canonical correlation. From means and covariances, so rows may be streamed. Throws as
/// fit_cca.
LinearViews fit_mcca(const Moments& moments, Index k, const std::vector<Penalty>& penalties);

/// GCCA (MAXVAR; Carroll, "Generalization of canonical correlation analysis to three or more sets of variables", 1968):
/// the shared scores T are sqrt(n - 1) times the top eigenvectors of sum_i X_i R_i^-1 X_i', w_i = R_i^-1 X_i' T / (n -
/// 1), eigenvalues over n - 1 (without a penalty between 0 and the number of views).
LinearViews fit_gcca(const Moments& moments, Index k, const std::vector<Penalty>& penalties);

/// The shared scores T (n x k) of GCCA for rows that all views have.
Matrix gcca_shared(const LinearViews& views, const std::vector<const Matrix*>& rows);

/// Tensor CCA of three views, one component (Luo et al., "Tensor canonical correlation analysis for multi-view
/// dimension reduction", 2015): the best rank-1 approximation of the mean of x1 (x) x2 (x) x3 of whitened views, by
/// alternating power iterations from each unfolding's first left singular vector, until the factors move by less than
/// 1e-14. Weights of unit length, those of views 1 and 2 with their largest entry positive, value > 0. Memory: r1 r2 r3
/// values. Throws InputError when that exceeds 2^27.
LinearViews fit_tensor_cca(const std::vector<Matrix>& views);

}  // namespace sensorium::classic
