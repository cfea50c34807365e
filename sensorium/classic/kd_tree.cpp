#include "sensorium/classic/kd_tree.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sensorium::classic {
namespace {

constexpr Index kLeaf = 16;

}  // namespace

KdTree::KdTree(const Matrix& points) : width_(points.cols()) {
  SENSORIUM_ASSERT(points.rows() > 0 && width_ > 0);
  const auto n = static_cast<size_t>(points.rows());
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), Index{0});
  nodes_.reserve(n / 4 + 1);
  boxes_.reserve(nodes_.capacity() * static_cast<size_t>(2 * width_));
  Keys keys;
  build(points, 0, points.rows(), keys);
  place_.resize(n);
  points_.resize(n * static_cast<size_t>(width_));
  for (size_t i = 0; i < n; ++i) {
    place_[static_cast<size_t>(order_[i])] = static_cast<Index>(i);
    std::copy_n(points.data() + order_[i] * width_, width_, &points_[i * static_cast<size_t>(width_)]);
  }
}

Index KdTree::build(const Matrix& points, Index first, Index count, Keys& keys) {
  const auto id = static_cast<Index>(nodes_.size());
  nodes_.push_back({first, count, -1, -1});
  boxes_.resize(boxes_.size() + static_cast<size_t>(2 * width_));
  double* low_corner = &boxes_[static_cast<size_t>(id * 2 * width_)];
  double* high_corner = low_corner + width_;
  std::fill_n(low_corner, width_, std::numeric_limits<double>::infinity());
  std::fill_n(high_corner, width_, -std::numeric_limits<double>::infinity());
  for (Index i = first; i < first + count; ++i)
    for (Index d = 0; d < width_; ++d) {
      const double v = points(order_[static_cast<size_t>(i)], d);
      low_corner[d] = std::min(low_corner[d], v);
      high_corner[d] = std::max(high_corner[d], v);
    }
  Index widest = 0;
  for (Index d = 1; d < width_; ++d)
    if (high_corner[d] - low_corner[d] > high_corner[widest] - low_corner[widest]) widest = d;
  if (count <= kLeaf || high_corner[widest] == low_corner[widest]) return id;
  const Index half = count / 2;
  keys.resize(static_cast<size_t>(count));
  for (Index i = 0; i < count; ++i) {
    const Index point = order_[static_cast<size_t>(first + i)];
    keys[static_cast<size_t>(i)] = {points(point, widest), point};
  }
  std::nth_element(keys.begin(), keys.begin() + half, keys.end());
  for (Index i = 0; i < count; ++i) order_[static_cast<size_t>(first + i)] = keys[static_cast<size_t>(i)].second;
  const Index left = build(points, first, half, keys);
  const Index right = build(points, first + half, count - half, keys);
  nodes_[static_cast<size_t>(id)].left = left;
  nodes_[static_cast<size_t>(id)].right = right;
  return id;
}

double KdTree::distance(const double* a, const double* b) const {
  if (width_ == 2) return std::max(std::abs(a[0] - b[0]), std::abs(a[1] - b[1]));  // two scalars: the common case
  double most = 0;
  for (Index d = 0; d < width_; ++d) most = std::max(most, std::abs(a[d] - b[d]));
  return most;
}

double KdTree::nearest_of_box(Index node, const double* x) const {
  const double *l = low(node), *h = high(node);
  double most = 0;
  for (Index d = 0; d < width_; ++d) most = std::max({most, l[d] - x[d], x[d] - h[d]});
  return most;
}

double KdTree::farthest_of_box(Index node, const double* x) const {
  const double *l = low(node), *h = high(node);
  double most = 0;
  for (Index d = 0; d < width_; ++d) most = std::max({most, std::abs(x[d] - l[d]), std::abs(h[d] - x[d])});
  return most;
}

void KdTree::search(Index node, const double* x, Index self, std::vector<double>& best) const {
  const Node& here = nodes_[static_cast<size_t>(node)];
  if (here.left < 0) {
    for (Index i = here.first; i < here.first + here.count; ++i) {
      if (i == self) continue;
      const double d = distance(x, &points_[static_cast<size_t>(i * width_)]);
      if (d >= best.back()) continue;
      size_t at = best.size() - 1;
      for (; at > 0 && best[at - 1] > d; --at) best[at] = best[at - 1];
      best[at] = d;
    }
    return;
  }
  const double left = nearest_of_box(here.left, x), right = nearest_of_box(here.right, x);
  const bool left_first = left <= right;
  if (std::min(left, right) < best.back()) search(left_first ? here.left : here.right, x, self, best);
  if (std::max(left, right) < best.back()) search(left_first ? here.right : here.left, x, self, best);
}

double KdTree::neighbour_distance(Index i, int k) const {
  thread_local std::vector<double> best;
  best.assign(static_cast<size_t>(k), std::numeric_limits<double>::infinity());
  const Index self = place_[static_cast<size_t>(i)];
  search(0, &points_[static_cast<size_t>(self * width_)], self, best);
  return best.back();
}

Index KdTree::count(Index node, const double* x, double radius) const {
  const Node& here = nodes_[static_cast<size_t>(node)];
  const auto inside = [&](double d) { return radius > 0 ? d < radius : d == 0; };
  if (!inside(nearest_of_box(node, x))) return 0;
  if (inside(farthest_of_box(node, x))) return here.count;
  if (here.left >= 0) return count(here.left, x, radius) + count(here.right, x, radius);
  Index found = 0;
  for (Index i = here.first; i < here.first + here.count; ++i)
    found += inside(distance(x, &points_[static_cast<size_t>(i * width_)]));
  return found;
}

Index KdTree::count_within(Index i, double radius) const {
  return count(0, &points_[static_cast<size_t>(place_[static_cast<size_t>(i)] * width_)], radius) - 1;
}

}  // namespace sensorium::classic
