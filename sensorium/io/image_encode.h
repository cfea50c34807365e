#pragma once
// Pictures to file bytes.

#include "sensorium/io/image.h"

#include <string>

namespace sensorium {

/// A PNG file of an image of 1, 3 or 4 channels; other numbers, and no pixels, are a UsageError. Thread-safe.
std::string encode_png(const Image& image);

/// A baseline JPEG file (4:2:0) of an image of 1 or 3 channels and 1 to 65,500 pixels a side; others are a UsageError.
/// `quality` 1 to 100. Thread-safe.
std::string encode_jpeg(const Image& image, int quality = 90);

}  // namespace sensorium
