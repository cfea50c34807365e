#pragma once
// Fingerprints by which near-identical pictures are found: perceptual hashes, and colours beside them.

#include "sensorium/io/image_hash.h"

#include <array>
#include <cstdint>

namespace sensorium {

/// Mean colours of 8x8 cells, (8, 8, 3) uint8: tells apart pictures whose grey shapes are alike.
using ColourThumbnail = std::array<uint8_t, 192>;
ColourThumbnail colour_thumbnail(const Image& image);

/// Mean absolute difference (0 to 255) over the cells in which either picture is not white.
double colour_distance(const ColourThumbnail& a, const ColourThumbnail& b);

}  // namespace sensorium
