#include "sensorium/data/grouping.h"

#include "sensorium/base/error.h"
#include "sensorium/base/hash.h"
#include "sensorium/data/disjoint_sets.h"
#include "sensorium/data/hamming_pairs.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace sensorium {
namespace {

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
void join_equal(std::vector<uint32_t>& order, DisjointSets& sets, const Key& key) {
  for_equal(order, key, [&](size_t first, size_t last) {
    for (size_t i = first + 1; i < last; ++i) sets.join(order[first], order[i]);
  });
}

/// One picture of each (hash, colours): blank pictures by the thousand would otherwise be compared pair by pair.
std::vector<uint32_t> distinct(std::span<const Fingerprint> pictures, std::vector<uint32_t>& order,
                               DisjointSets& sets) {
  std::vector<uint32_t> firsts;
  const auto look = [&](uint32_t i) { return std::tie(pictures[i].perceptual, pictures[i].colours); };
  for_equal(order, look, [&](size_t first, size_t last) {
    firsts.push_back(order[first]);
    for (size_t i = first + 1; i < last; ++i) sets.join(order[first], order[i]);
  });
  return firsts;
}

/// Joins pictures of near hashes and near colours. Pictures of one hash differ in their colours here, and each is
/// compared with each.
void join_near(std::span<const Fingerprint> pictures, const std::vector<uint32_t>& looks,
               const std::vector<uint64_t>& hashes, const Similarity& similarity, DisjointSets& sets) {
  std::unordered_map<uint64_t, std::vector<uint32_t>> same;  // further pictures of a hash, by the hash
  const auto alike = [&](uint32_t a, uint32_t b) {
    return colour_distance(pictures[a].colours, pictures[b].colours) <= similarity.max_colour;
  };
  const auto join_like = [&](uint32_t a, uint32_t b) {
    if (alike(a, b)) sets.join(a, b);
  };
  const auto family = [&](uint32_t place) {
    const auto it = same.find(hashes[place]);
    return it == same.end() ? std::span<const uint32_t>() : std::span<const uint32_t>(it->second);
  };
  for_each_near_pair(hashes, similarity.max_bits, [&](uint32_t i, uint32_t j) {
    if (hashes[i] != hashes[j]) {
      join_like(looks[i], looks[j]);
      for (const uint32_t a : family(i)) join_like(a, looks[j]);
      for (const uint32_t b : family(j)) {
        join_like(looks[i], b);
        for (const uint32_t a : family(i)) join_like(a, b);
      }
      return;
    }
    std::vector<uint32_t>& others = same[hashes[i]];
    join_like(looks[i], looks[j]);
    for (const uint32_t a : others) join_like(a, looks[j]);
    others.push_back(looks[j]);
  });
}

}  // namespace

std::vector<uint32_t> group_pictures(std::span<const Fingerprint> pictures, const Similarity& similarity) {
  if (similarity.max_bits < 0 || similarity.max_bits > 14)
    throw UsageError("data prepare", "expected a hash distance in [0, 14], got {}", similarity.max_bits);
  DisjointSets sets(pictures.size());
  std::vector<uint32_t> order(pictures.size());
  std::iota(order.begin(), order.end(), 0);
  join_equal(order, sets, [&](uint32_t i) { return pictures[i].content; });
  std::vector<uint32_t> related;
  for (uint32_t i = 0; i < pictures.size(); ++i)
    if (pictures[i].family) related.push_back(i);
  join_equal(related, sets, [&](uint32_t i) { return pictures[i].family; });

  const std::vector<uint32_t> looks = distinct(pictures, order, sets);
  std::vector<uint64_t> hashes;
  for (const uint32_t i : looks) hashes.push_back(pictures[i].perceptual);
  join_near(pictures, looks, hashes, similarity, sets);
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
