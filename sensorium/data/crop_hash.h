#pragma once
// Pictures that are parts of others.

#include "sensorium/io/image.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sensorium {

/// What is kept of a picture to find its parts, and what it is a part of: about 5.3 KiB.
struct CropPrint {
  static constexpr int kSide = 64;  // of the grey picture kept
  static constexpr size_t kWindows = 161;
  std::array<uint64_t, kWindows> hashes{};  // of the whole, then of windows of 58 to 92 % of its sides
  std::array<uint8_t, kSide * kSide> grey{};
};

/// Hashes are signs of the 64 lowest frequencies of a 16x16 DCT. Throws UsageError unless C is 3. Thread-safe.
CropPrint crop_print(const Image& image);

/// `part` shows a part of `whole`, or all of it.
struct CropPair {
  uint32_t part = 0, whole = 0;
  float correlation = 0;  // of grey values, part against the window it was found to be
};

/// When a picture counts as a part of another.
struct CropSimilarity {
  int max_bits = 13;              // between the part's hash and a window's, to be looked at
  double min_correlation = 0.95;  // of grey values, after the window was fitted
  double min_edges = 0.75;        // of the differences between neighbouring values
};

/// Every pair in which the part shows at least half of the whole's width and height, in order of the parts. Candidates
/// come from the windows' hashes; each is fitted by moving the window's four sides. The result does not depend on
/// `threads` (0: one a processor). Time grows with the square of the pictures, slowly: minutes for 100,000.
std::vector<CropPair> find_crops(std::span<const CropPrint> pictures, const CropSimilarity& similarity,
                                 int threads = 0);

}  // namespace sensorium
