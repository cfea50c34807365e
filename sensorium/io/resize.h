#pragma once
// Resampling, bit for bit as Pillow's `Image.resize` (Pillow, src/libImaging/Resample.c and Geometry.c).

#include "sensorium/io/image.h"

#include <optional>
#include <span>
#include <vector>

namespace sensorium {

/// Filters, with Pillow's numbers (the `resample` of a preprocessor_config.json).
enum class Resample { nearest = 0, lanczos = 1, bilinear = 2, bicubic = 3, box = 4, hamming = 5 };

/// The part of the input that is resized, in input pixels; taps may reach outside it.
struct SourceBox {
  float left, top, right, bottom;
};

/// A rectangle of whole pixels.
struct Window {
  int left, top, width, height;
};

/// What to resize to: the output's size, and how.
struct ResizePlan {
  int width, height;
  Resample filter = Resample::bicubic;
  std::optional<SourceBox> box = std::nullopt;  // default: the whole input
  /// Compute only this part of the output; the same pixels as cutting it out afterwards. Default: all of it.
  std::optional<Window> window = std::nullopt;
};

/// (H, W, C) uint8 to the plan's size, C in 1, 3, 4; RGBA is premultiplied on the way, as in Pillow. 8-bit fixed point
/// with 22 bits, rounding and clipping between the passes; Note [order of passes]. Throws UsageError for an empty
/// output, or a box or window that leaves its picture. Thread-safe; time grows with output pixels times taps.
Image resize(const Image& image, const ResizePlan& plan);

inline Image resize(const Image& image, int width, int height, Resample filter) {
  return resize(image, ResizePlan{width, height, filter});
}

/// The same for one float channel, (H, W) of `width` * `height` values (Pillow's mode "F"): weights and sums in double,
/// float between the passes. Returns the plan's size; windows are not supported here.
std::vector<float> resize_float(std::span<const float> values, int width, int height, const ResizePlan& plan);

/// A rectangle cut out; what lies outside the picture is 0. Throws UsageError for an empty rectangle.
Image crop(const Image& image, const Window& window);

/// Mirrored left to right.
Image flip_horizontal(const Image& image);

}  // namespace sensorium
