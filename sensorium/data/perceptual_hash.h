#pragma once
// Fingerprints by which near-identical pictures are found.

#include "sensorium/io/image.h"

#include <array>
#include <cstdint>

namespace sensorium {

/// 64-bit DCT hash of an RGB picture, equal to imagehash.phash(hash_size=8, highfreq_factor=4): grey by Pillow's "L",
/// 32x32 by Lanczos, the 8x8 lowest frequencies of its DCT-II, one bit each for "above their median", rows first, most
/// significant bit first. Throws UsageError unless C is 3. Thread-safe.
/// Source: Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010; imagehash 4.3.
uint64_t perceptual_hash(const Image& image);

/// Mean colours of 8x8 cells, (8, 8, 3) uint8: tells apart pictures whose grey shapes are alike.
using ColourThumbnail = std::array<uint8_t, 192>;
ColourThumbnail colour_thumbnail(const Image& image);

/// Mean absolute difference (0 to 255) over the cells in which either picture is not white.
double colour_distance(const ColourThumbnail& a, const ColourThumbnail& b);

}  // namespace sensorium
