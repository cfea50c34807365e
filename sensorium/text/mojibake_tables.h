#pragma once
// The characters that UTF-8 turns into when it is read in a single-byte character set, by class.
// Source: ftfy 6.3.1 (Robyn Speer), badness.py and chardata.py.

#include <cstddef>
#include <cstdint>

namespace sensorium::mojibake {

/// Bits of a character's classes. The first fourteen say how suspicious it is beside others; the last five which byte
/// of UTF-8 it may have been.
enum CharacterClass : uint32_t {
  kCommon = 1u << 0,
  kC1 = 1u << 1,
  kBad = 1u << 2,
  kLaw = 1u << 3,
  kCurrency = 1u << 4,
  kStart = 1u << 5,  // punctuation that opens
  kEnd = 1u << 6,    // punctuation that closes
  kNumeric = 1u << 7,
  kKaomoji = 1u << 8,
  kUpperAccented = 1u << 9,
  kLowerAccented = 1u << 10,
  kUpperCommon = 1u << 11,
  kLowerCommon = 1u << 12,
  kBox = 1u << 13,
  kFirstOf2 = 1u << 14,
  kFirstOf3 = 1u << 15,
  kFirstOf4 = 1u << 16,
  kContinuation = 1u << 17,  // a space among them: it may have been U+00A0
  kContinuationStrict = 1u << 18,
};

struct CharacterRange {
  uint16_t first, last;
  uint32_t classes;
};
extern const CharacterRange kRanges[];
extern const size_t kRangeCount;

/// Upper half of a single-byte character set. "Sloppy" ones give unassigned bytes the character of the same number and
/// read U+FFFD as byte 0x1A.
struct Charset {
  bool sloppy, macroman;
  uint16_t upper[128];
};
inline constexpr size_t kCharsetCount = 10;  // in the order to try: the first is Latin-1
extern const Charset kCharsets[];

}  // namespace sensorium::mojibake
