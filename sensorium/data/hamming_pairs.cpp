#include "sensorium/data/hamming_pairs.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <vector>

namespace sensorium {
namespace {

struct Entry {
  uint64_t hash;
  uint32_t index;
  uint32_t key;  // the two parts that are compared for equality
};

/// Bits [part * 64 / parts, (part + 1) * 64 / parts) of a hash.
struct Part {
  int low, size;
  uint64_t of(uint64_t hash) const { return hash >> low & ((uint64_t{1} << size) - 1); }
};

Part part_of(int part, int parts) {
  const int low = part * 64 / parts;
  return {low, (part + 1) * 64 / parts - low};
}

/// Stable sort by key, 11 bits at a time.
void sort_by_key(std::vector<Entry>& entries, std::vector<Entry>& scratch, int bits) {
  constexpr int kDigit = 11;
  scratch.resize(entries.size());
  for (int shift = 0; shift < bits; shift += kDigit) {
    std::array<size_t, (size_t{1} << kDigit) + 1> starts{};
    for (const Entry& e : entries) ++starts[(e.key >> shift & ((1u << kDigit) - 1)) + 1];
    for (size_t d = 1; d < starts.size(); ++d) starts[d] += starts[d - 1];
    for (const Entry& e : entries) scratch[starts[e.key >> shift & ((1u << kDigit) - 1)]++] = e;
    entries.swap(scratch);
  }
}

/// Calls `range(first, last)` for each range of entries of equal keys.
template <class Range>
void for_equal_keys(const std::vector<Entry>& entries, const Range& range) {
  for (size_t i = 0; i < entries.size();) {
    size_t j = i + 1;
    while (j < entries.size() && entries[j].key == entries[i].key) ++j;
    if (j - i > 1) range(i, j);
    i = j;
  }
}

void check(size_t count, int max_bits) {
  if (max_bits < 0 || max_bits > 14)
    throw UsageError("near pairs", "expected a hash distance in [0, 14], got {}", max_bits);
  if (count > std::numeric_limits<uint32_t>::max())
    throw UsageError("near pairs", "expected at most 2^32 - 1 hashes, got {}", count);
}

/// Sorts by each pair of parts in turn, and calls `range` for what agrees in it. The parts of a hash of 64 bits cut
/// into two (max_bits 0) are 32 bits each, of which the key takes 16: more is compared than need be, nothing is missed.
template <class Range>
void for_candidates(std::vector<Entry>& entries, int max_bits, const Range& range) {
  const int parts = max_bits + 2;
  std::vector<Entry> scratch;
  for (int p = 0; p < parts; ++p)
    for (int q = p + 1; q < parts; ++q) {
      Part a = part_of(p, parts), b = part_of(q, parts);
      a.size = std::min(a.size, 16);
      b.size = std::min(b.size, 16);
      for (Entry& e : entries) e.key = static_cast<uint32_t>(a.of(e.hash) << b.size | b.of(e.hash));
      sort_by_key(entries, scratch, a.size + b.size);
      for_equal_keys(entries, range);
    }
}

}  // namespace

void for_each_near_pair(std::span<const uint64_t> hashes, int max_bits,
                        const std::function<void(uint32_t, uint32_t)>& pair) {
  check(hashes.size(), max_bits);
  std::vector<Entry> entries;
  entries.reserve(hashes.size());
  for (size_t i = 0; i < hashes.size(); ++i) entries.push_back({hashes[i], static_cast<uint32_t>(i), 0});
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.hash != b.hash ? a.hash < b.hash : a.index < b.index; });
  size_t kept = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0 && entries[kept - 1].hash == entries[i].hash)
      pair(entries[kept - 1].index, entries[i].index);
    else
      entries[kept++] = entries[i];
  }
  entries.resize(kept);
  for_candidates(entries, max_bits, [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i)
      for (size_t j = i + 1; j < last; ++j)
        if (std::popcount(entries[i].hash ^ entries[j].hash) <= max_bits)
          pair(std::min(entries[i].index, entries[j].index), std::max(entries[i].index, entries[j].index));
  });
}

void for_each_near_pair(std::span<const uint64_t> left, std::span<const uint64_t> right, int max_bits,
                        const std::function<void(uint32_t, uint32_t)>& pair) {
  check(left.size() + right.size(), max_bits);
  const auto n = static_cast<uint32_t>(left.size());
  std::vector<Entry> entries;
  entries.reserve(left.size() + right.size());
  for (size_t i = 0; i < left.size(); ++i) entries.push_back({left[i], static_cast<uint32_t>(i), 0});
  for (size_t i = 0; i < right.size(); ++i) entries.push_back({right[i], n + static_cast<uint32_t>(i), 0});
  std::vector<Entry> lefts, rights;
  for_candidates(entries, max_bits, [&](size_t first, size_t last) {
    lefts.clear();
    rights.clear();
    for (size_t i = first; i < last; ++i) (entries[i].index < n ? lefts : rights).push_back(entries[i]);
    for (const Entry& a : lefts)
      for (const Entry& b : rights)
        if (std::popcount(a.hash ^ b.hash) <= max_bits) pair(a.index, b.index - n);
  });
}

}  // namespace sensorium
