#pragma once
// A k-d tree over points under the maximum norm: neighbours and counts, exact.

#include "sensorium/classic/matrix.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace sensorium::classic {

/// Over the rows of a matrix (n x d). Thread-safe to query. Built in O(n log n).
class KdTree {
 public:
  explicit KdTree(const Matrix& points);
  /// Distance to the k-th nearest of the other points (k >= 1, k < n), for point `i`.
  double neighbour_distance(Index i, int k) const;
  /// How many of the other points are closer to point `i` than `radius`, strictly (for radius 0: how many equal it).
  Index count_within(Index i, double radius) const;
  /// The points in the tree's order: queries in that order stay in the cache.
  const std::vector<Index>& order() const { return order_; }

 private:
  struct Node {
    Index first, count, left, right;  // left < 0: a leaf
  };
  using Keys = std::vector<std::pair<double, Index>>;  // a coordinate and its point
  Index build(const Matrix& points, Index first, Index count, Keys& keys);
  const double* low(Index node) const { return &boxes_[static_cast<size_t>(node * 2 * width_)]; }
  const double* high(Index node) const { return low(node) + width_; }
  double nearest_of_box(Index node, const double* x) const;
  double farthest_of_box(Index node, const double* x) const;
  double distance(const double* a, const double* b) const;
  void search(Index node, const double* x, Index self, std::vector<double>& best) const;
  Index count(Index node, const double* x, double radius) const;

  Index width_;
  std::vector<Index> order_, place_;  // order_[place_[i]] == i
  std::vector<double> points_;        // in the tree's order
  std::vector<Node> nodes_;
  std::vector<double> boxes_;  // low and high corners of each node
};

}  // namespace sensorium::classic
