#include "sensorium/classic/neighbours.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium::classic {
namespace {

/// What a row is ranked by, greater first, and what is shown. The cosine is ranked by its signed square, in which
/// parallel rows of whole numbers are equal.
struct Rank {
  double key, shown;
};

Rank rank_of(Similarity similarity, const double* row, const double* query, Index p, double query_norm) {
  double dot = 0, square = 0;
  for (Index d = 0; d < p; ++d) {
    const double difference = row[d] - query[d];
    dot += row[d] * query[d];
    square += similarity == Similarity::squared_distance ? difference * difference : row[d] * row[d];
  }
  switch (similarity) {
    case Similarity::inner_product:
      return {dot, dot};
    case Similarity::squared_distance:
      return {-square, square};
    case Similarity::cosine:
      break;
  }
  if (!(square > 0 && query_norm > 0)) return {0, 0};
  return {dot * std::abs(dot) / square, dot / (std::sqrt(square) * query_norm)};
}

/// Nearest centre of each row; `best` takes the squared distances.
void assign(const Matrix& rows, const Matrix& centres, std::vector<int64_t>& labels, Vector& best) {
  labels.resize(static_cast<size_t>(rows.rows()));
  best.resize(rows.rows());
  for_blocks(rows.rows(), 256, [&](Index first, Index count) {
    for (Index i = first; i < first + count; ++i) {
      Index label = 0;
      double least = (rows.row(i) - centres.row(0)).squaredNorm();
      for (Index c = 1; c < centres.rows(); ++c)
        if (const double d = (rows.row(i) - centres.row(c)).squaredNorm(); d < least) {
          least = d;
          label = c;
        }
      labels[static_cast<size_t>(i)] = label;
      best(i) = least;
    }
  });
}

void move_to_means(const Matrix& rows, const std::vector<int64_t>& labels, Matrix& centres) {
  Matrix sums = Matrix::Zero(centres.rows(), centres.cols());
  Vector counts = Vector::Zero(centres.rows());
  for (Index i = 0; i < rows.rows(); ++i) {
    sums.row(labels[static_cast<size_t>(i)]) += rows.row(i);
    counts(labels[static_cast<size_t>(i)]) += 1;
  }
  for (Index c = 0; c < centres.rows(); ++c)
    if (counts(c) > 0) centres.row(c) = sums.row(c) / counts(c);
}

}  // namespace

Neighbours nearest_rows(const Matrix& base, const Matrix& queries, Index k, Similarity similarity) {
  if (base.cols() != queries.cols())
    throw InputError("neighbours", "expected queries of {} values, got {}", base.cols(), queries.cols());
  const Index n = base.rows(), p = base.cols();
  k = std::min(k, n);
  Neighbours out{std::vector<int64_t>(static_cast<size_t>(queries.rows() * k)), Matrix(queries.rows(), k)};
  for_blocks(queries.rows(), 1, [&](Index q, Index) {
    std::vector<Rank> ranks(static_cast<size_t>(n));
    const double norm = queries.row(q).norm();
    for (Index i = 0; i < n; ++i)
      ranks[static_cast<size_t>(i)] = rank_of(similarity, base.data() + i * p, queries.data() + q * p, p, norm);
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), int64_t{0});
    std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
      const double ka = ranks[static_cast<size_t>(a)].key, kb = ranks[static_cast<size_t>(b)].key;
      return ka != kb ? ka > kb : a < b;
    });
    for (Index j = 0; j < k; ++j) {
      out.ids[static_cast<size_t>(q * k + j)] = order[static_cast<size_t>(j)];
      out.scores(q, j) = ranks[static_cast<size_t>(order[static_cast<size_t>(j)])].shown;
    }
  });
  return out;
}

KMeans k_means(const Matrix& rows, Matrix centres, int iterations) {
  if (centres.cols() != rows.cols() || centres.rows() == 0 || rows.rows() == 0)
    throw InputError("k-means", "expected rows and centres of the same width, got {} x {} and {} x {}", rows.rows(),
                     rows.cols(), centres.rows(), centres.cols());
  KMeans result;
  std::vector<int64_t> previous;
  Vector squares;
  while (result.iterations < iterations) {
    ++result.iterations;
    assign(rows, centres, result.labels, squares);
    move_to_means(rows, result.labels, centres);
    if (result.labels == previous) break;
    previous = result.labels;
  }
  assign(rows, centres, result.labels, squares);
  result.inertia = squares.sum();
  result.centres = std::move(centres);
  return result;
}

Matrix k_means_start(const Matrix& rows, Index k, uint64_t seed) {
  if (k < 1 || k > rows.rows()) throw UsageError("k-means", "expected 1 to {} clusters, got {}", rows.rows(), k);
  CounterRng rng(seed);
  Matrix centres(k, rows.cols());
  centres.row(0) = rows.row(static_cast<Index>(rng.below(static_cast<uint64_t>(rows.rows()))));
  Vector nearest = (rows.rowwise() - centres.row(0)).rowwise().squaredNorm();
  for (Index c = 1; c < k; ++c) {
    double left = rng.uniform() * nearest.sum();
    Index at = 0;
    while (at + 1 < rows.rows() && (left -= nearest(at)) >= 0) ++at;
    centres.row(c) = rows.row(at);
    nearest = nearest.cwiseMin((rows.rowwise() - centres.row(c)).rowwise().squaredNorm());
  }
  return centres;
}

}  // namespace sensorium::classic
