#pragma once
// Singular value decompositions for a few components, of matrices and of streams.

#include "sensorium/classic/decompose.h"
#include "sensorium/classic/rows.h"

namespace sensorium::classic {

/// The k largest components of an exact decomposition. Throws UsageError unless 1 <= k <= min(n, p).
Svd truncated_svd(const Matrix& a, Index k);

struct RandomizedOptions {
  Index oversamples = 10;
  int iterations = 4;  // passes of A'A
  uint64_t seed = 0;
};

/// Halko, Martinsson, Tropp, "Finding structure with randomness" (2011), algorithms 4.4 and 5.1: the range of
/// (A A')^q A Omega, found with an orthonormal basis after each pass, then an exact decomposition inside it. `omega` is
/// (p x (k + oversamples)). Where A has few columns A'A is made once and the passes run on it, which is the same
/// subspace for less work; directions below 1e-8 of the largest are lost either way. Throws UsageError for a k or an
/// omega that does not fit.
Svd randomized_svd(const Matrix& a, Index k, const Matrix& omega, int iterations);
/// The same with a Gaussian omega from the seed.
Svd randomized_svd(const Matrix& a, Index k, const RandomizedOptions& options);

/// Gaussian (rows x columns) matrix that depends on the seed alone.
Matrix gaussian_matrix(Index rows, Index columns, uint64_t seed);

/// The k largest singular values and right vectors of a stream, in one pass (u stays empty: the rows are not kept),
/// from A'A; memory is (p x p). With `centre` the columns' means are taken off. Singular values below 1e-8 of the
/// largest are noise. Throws InputError as stream_moments does.
struct StreamedSvd {
  Svd svd;
  Index rows = 0;
  Vector mean;       // (p), of the columns
  double total = 0;  // sum of squares of all (centred) values: s.squaredNorm() / total is the share explained
};
StreamedSvd streamed_svd(const RowSource& source, Index k, bool centre);

}  // namespace sensorium::classic
