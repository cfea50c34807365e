#pragma once
// Union-find.

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace sensorium {

/// Sets of [0, n), at first one each; the smallest index of a set is its root, so the result does not depend on the
/// order of joins. Not thread-safe.
class DisjointSets {
 public:
  explicit DisjointSets(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0); }
  uint32_t root(uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(uint32_t a, uint32_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

}  // namespace sensorium
