#pragma once
// How often each text or address occurred, by its hash: 8 bytes an entry, for sets of many millions.

#include "sensorium/base/hash.h"

#include <utility>
#include <vector>

namespace sensorium {

/// Counts up to 255 by the upper 56 bits of a 64-bit hash: among a hundred million texts the chance that any two are
/// taken for one is some 7 per cent, among three million 1 in 16,000. Not thread-safe.
class HashCounts {
 public:
  /// Says that the hash will be added soon: its slot comes from memory meanwhile.
  void expect(uint64_t hash) const { __builtin_prefetch(&slots_[(hash >> 8) & (slots_.size() - 1)], 1); }
  /// Adds one and returns how often the hash had occurred before.
  int add(uint64_t hash) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    uint64_t& slot = find(hash);
    if (slot == 0) ++used_;
    const int before = static_cast<int>(slot & 0xff);
    slot = (hash & ~uint64_t{0xff}) | static_cast<uint64_t>(before < 255 ? before + 1 : 255);
    return before;
  }

 private:
  /// The slot of the hash, or the free one where it belongs; a used slot counts at least 1, so it is never 0.
  uint64_t& find(uint64_t hash) {
    size_t at = (hash >> 8) & (slots_.size() - 1);
    while (slots_[at] != 0 && (slots_[at] ^ hash) >> 8) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  void grow() {
    std::vector<uint64_t> old = std::exchange(slots_, std::vector<uint64_t>(slots_.size() * 2));
    for (const uint64_t slot : old)
      if (slot) find(slot) = slot;
  }
  std::vector<uint64_t> slots_ = std::vector<uint64_t>(1024);
  size_t used_ = 0;
};

}  // namespace sensorium
