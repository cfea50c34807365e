#pragma once
// The second pass of preparing: groups, splits, and records of the same picture made one.

#include "sensorium/data/grouping.h"

#include <string>
#include <vector>

namespace sensorium {

/// What becomes of each picture of the first pass.
struct Assignment {
  static constexpr uint32_t kLeftOut = ~uint32_t{0};
  std::vector<uint32_t> into;           // itself, the earlier same picture that it is merged into, or kLeftOut
  std::vector<uint32_t> root;           // first picture of its group
  std::vector<std::string> split;       // of the group, at its root
  std::vector<uint32_t> group_size;     // at its root
  std::vector<std::string> group_name;  // at its root: its smallest content hash
};

/// `own_split[i]` indexes `split_names`, 0 for none. A group takes the strongest of its own splits (test, val, train,
/// others by name), and its pictures of other own splits are left out; without any, choose_split decides.
Assignment assign_splits(const std::vector<Fingerprint>& pictures, const std::vector<uint8_t>& own_split,
                         const std::vector<std::string>& split_names, const Similarity& similarity,
                         const SplitFractions& fractions, uint64_t seed);

}  // namespace sensorium
