#include "sensorium/data/grouping.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace sensorium {
namespace {

/// Union-find in which the smallest index of a set is its root.
class Sets {
 public:
  explicit Sets(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0); }
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

/// Sorts `order` by `key` and calls `run(first, last)` for each range of equal keys.
template <class Key, class Run>
void for_equal(std::vector<uint32_t>& order, const Key& key, const Run& run) {
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const auto ka = key(a), kb = key(b);
    return ka != kb ? ka < kb : a < b;
  });
  for (size_t i = 0; i < order.size();) {
    size_t j = i + 1;
    while (j < order.size() && key(order[j]) == key(order[i])) ++j;
    run(i, j);
    i = j;
  }
}

template <class Key>
void join_equal(std::vector<uint32_t>& order, Sets& sets, const Key& key) {
  for_equal(order, key, [&](size_t first, size_t last) {
    for (size_t i = first + 1; i < last; ++i) sets.join(order[first], order[i]);
  });
}

/// Bits [part * 64 / parts, (part + 1) * 64 / parts).
uint64_t part_mask(int part, int parts) {
  const int low = part * 64 / parts, high = (part + 1) * 64 / parts;
  return (high == 64 ? ~uint64_t{0} : (uint64_t{1} << high) - 1) & ~((uint64_t{1} << low) - 1);
}

/// One picture of each (hash, colours): blank pictures by the thousand would otherwise be compared pair by pair.
std::vector<uint32_t> distinct(std::span<const Fingerprint> pictures, std::vector<uint32_t>& order, Sets& sets) {
  std::vector<uint32_t> firsts;
  const auto look = [&](uint32_t i) { return std::tie(pictures[i].perceptual, pictures[i].colours); };
  for_equal(order, look, [&](size_t first, size_t last) {
    firsts.push_back(order[first]);
    for (size_t i = first + 1; i < last; ++i) sets.join(order[first], order[i]);
  });
  return firsts;
}

}  // namespace

std::vector<uint32_t> group_pictures(std::span<const Fingerprint> pictures, const Similarity& similarity) {
  if (similarity.max_bits < 0 || similarity.max_bits > 14)
    throw UsageError("data prepare", "expected a hash distance in [0, 14], got {}", similarity.max_bits);
  Sets sets(pictures.size());
  std::vector<uint32_t> order(pictures.size());
  std::iota(order.begin(), order.end(), 0);
  join_equal(order, sets, [&](uint32_t i) { return pictures[i].content; });
  std::vector<uint32_t> related;
  for (uint32_t i = 0; i < pictures.size(); ++i)
    if (pictures[i].family) related.push_back(i);
  join_equal(related, sets, [&](uint32_t i) { return pictures[i].family; });

  std::vector<uint32_t> looks = distinct(pictures, order, sets);
  const auto near = [&](const Fingerprint& a, const Fingerprint& b) {
    return std::popcount(a.perceptual ^ b.perceptual) <= similarity.max_bits &&
           colour_distance(a.colours, b.colours) <= similarity.max_colour;
  };
  const int parts = similarity.max_bits + 2;
  for (int p = 0; p < parts; ++p)
    for (int q = p + 1; q < parts; ++q) {
      const uint64_t mask = part_mask(p, parts) | part_mask(q, parts);
      for_equal(
          looks, [&](uint32_t i) { return pictures[i].perceptual & mask; },
          [&](size_t first, size_t last) {
            for (size_t i = first; i < last; ++i)
              for (size_t j = i + 1; j < last; ++j)
                if (near(pictures[looks[i]], pictures[looks[j]])) sets.join(looks[i], looks[j]);
          });
    }
  std::vector<uint32_t> roots(pictures.size());
  for (uint32_t i = 0; i < roots.size(); ++i) roots[i] = sets.root(i);
  return roots;
}

std::string choose_split(std::string_view group, const SplitFractions& fractions, uint64_t seed) {
  const double place = static_cast<double>(stable_hash(group, seed) >> 11) * 0x1.0p-53;
  if (place < fractions.test) return "test";
  return place < fractions.test + fractions.val ? "val" : "train";
}

}  // namespace sensorium
