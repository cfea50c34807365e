#pragma once
// Look-up of a character's classes.

#include "sensorium/text/mojibake_tables.h"

#include <algorithm>

namespace sensorium::mojibake {

/// The classes of a character; 0 for most.
inline uint32_t classes_of(char32_t c) {
  if (c < 0x80) return c == ' ' ? uint32_t{kContinuation} : 0;
  const auto* end = kRanges + kRangeCount;
  const auto* it = std::upper_bound(kRanges, end, c, [](char32_t v, const CharacterRange& r) { return v < r.first; });
  if (it == kRanges || c > (it - 1)->last) return 0;
  return (it - 1)->classes;
}

}  // namespace sensorium::mojibake
