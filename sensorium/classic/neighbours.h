#pragma once
// Exact nearest neighbours and k-means.

#include "sensorium/classic/matrix.h"

#include <cstdint>

namespace sensorium::classic {

enum class Similarity { inner_product, cosine, squared_distance };

/// For each query its k best rows: ids (queries x k) and scores, best first, ties to the lower id. Cosine is 0 for a
/// zero row; squared_distance gives the smallest first. In float64; k is cut to the number of rows. Throws InputError
/// for another width.
struct Neighbours {
  std::vector<int64_t> ids;
  Matrix scores;
};
Neighbours nearest_rows(const Matrix& base, const Matrix& queries, Index k, Similarity similarity);

/// Lloyd, "Least squares quantization in PCM" (1982): nearest centre (lower id on a tie), then means, until the labels
/// repeat. Labels and inertia (summed squared distances) belong to the final centres; an empty cluster keeps its
/// centre.
struct KMeans {
  Matrix centres;  // (k x p)
  std::vector<int64_t> labels;
  double inertia = 0;
  int iterations = 0;  // the one that sees the labels repeat included
};
KMeans k_means(const Matrix& rows, Matrix centres, int iterations);
/// k of the rows, far apart, from the seed (Arthur, Vassilvitskii, "k-means++", 2007).
Matrix k_means_start(const Matrix& rows, Index k, uint64_t seed);

}  // namespace sensorium::classic
