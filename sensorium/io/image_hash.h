#pragma once
// Perceptual hashes: 64-bit fingerprints that stay alike when a picture is resized or compressed again. Equal to those
// of imagehash 4.3 with hash_size 8: 8x8 bits, rows first, most significant bit first. All take RGB, throw UsageError
// otherwise, and are thread-safe. Source: Zauner, "Implementation and benchmarking of perceptual image hash functions",
// 2010.

#include "sensorium/io/image.h"

#include <cstdint>

namespace sensorium {

/// phash with highfreq_factor 4: grey by Pillow's "L", 32x32 by Lanczos, the 8x8 lowest frequencies of its DCT-II, one
/// bit each for "above their median".
uint64_t perceptual_hash(const Image& rgb);

/// phash_simple: the DCT along rows only, frequencies 1 to 8 of the first 8 rows, above their mean.
uint64_t simple_perceptual_hash(const Image& rgb);

/// average_hash: 8x8 by Lanczos, above the mean.
uint64_t average_hash(const Image& rgb);

/// dhash: 9x8, brighter than the pixel to the left; dhash_vertical: 8x9, than the pixel above.
uint64_t difference_hash(const Image& rgb);
uint64_t vertical_difference_hash(const Image& rgb);

/// whash: resized to the largest power of two that fits, Haar averages of 8x8 without the overall mean, above their
/// median. Holds 8 bytes for each pixel of that size.
uint64_t wavelet_hash(const Image& rgb);

}  // namespace sensorium
