#include "sensorium/data/json_index.h"

#include <algorithm>

namespace sensorium {

void JsonIndex::finish() {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.id < b.id; });
}

std::span<const JsonIndex::Entry> JsonIndex::find(int64_t id) const {
  const auto [first, last] = std::equal_range(entries_.begin(), entries_.end(), Entry{id, {}, 0},
                                              [](const Entry& a, const Entry& b) { return a.id < b.id; });
  return {first, last};
}

}  // namespace sensorium
