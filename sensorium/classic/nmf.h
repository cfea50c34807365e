#pragma once
// Non-negative matrix factorisation: X (n x p) ~ W (n x k) H (k x p), all of them at least 0.
//
// Note: one pass an iteration. W's rows do not depend on one another once H is fixed, so a block of X's rows is read
// once: its rows of W are updated and its share of W'X and W'W is added while the block is still in the cache. Shares
// are added in an order that depends on the sizes alone.

#include "sensorium/classic/matrix.h"

namespace sensorium::classic {

enum class NmfSolver {
  coordinate_descent,      // Cichocki, Phan, "Fast local algorithms for large scale NMF" (2009)
  multiplicative_updates,  // Lee, Seung, "Algorithms for non-negative matrix factorization" (2001)
};
enum class NmfLoss { frobenius, kullback_leibler };

struct NmfOptions {
  NmfSolver solver = NmfSolver::coordinate_descent;
  NmfLoss loss = NmfLoss::frobenius;  // the other one needs multiplicative updates
  int iterations = 200;
  double tolerance = 1e-4;  // coordinate descent: of the projected gradient, over the first one; updates: of the error,
                            // every 10 iterations; 0: never stop early
  // Penalties of coordinate descent: alpha_w p (l1_ratio sum W + (1 - l1_ratio) / 2 sum W^2), likewise alpha_h n of H.
  double alpha_w = 0, alpha_h = 0, l1_ratio = 0;
};

struct Nmf {
  Matrix w, h;
  int iterations = 0;
  double error = 0;  // sqrt(2 divergence): ||X - WH|| for Frobenius
};

/// From a start (w0: n x k, h0: k x p). Throws InputError naming row and column of a negative value, UsageError for
/// shapes that do not fit or Kullback-Leibler with coordinate descent.
Nmf fit_nmf(const Matrix& x, Matrix w0, Matrix h0, const NmfOptions& options);

/// W for rows, H fixed: `sweeps` sweeps of coordinate descent from 0.
Matrix nmf_transform(const Matrix& x, const Matrix& h, int sweeps);

/// sqrt(2 divergence) between X and WH.
double nmf_error(const Matrix& x, const Matrix& w, const Matrix& h, NmfLoss loss);

struct NmfStart {
  Matrix w, h;
};
/// Nonnegative double SVD (Boutsidis, Gallopoulos, "SVD based initialization", 2008), exact; entries under 1e-6 are 0,
/// and zeros become `fill`. Multiplicative updates never leave a zero: give them the mean of X ("nndsvda"). Large
/// matrices are decomposed by randomised SVD from `seed`.
NmfStart nndsvd(const Matrix& x, Index k, double fill = 0, uint64_t seed = 0);
/// Absolute normal values times sqrt(mean / k), from the seed.
NmfStart random_start(const Matrix& x, Index k, uint64_t seed);

/// Throws InputError naming row and column of a value below 0, and for x = 0.
void require_nonnegative(const Matrix& x, const char* operation);

}  // namespace sensorium::classic
