#pragma once
// Resampling, bit for bit as Pillow's `Image.resize` (Pillow, src/libImaging/Resample.c and Geometry.c).

#include "sensorium/io/image.h"

#include <memory>
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
  int threads = 1;  // 0: one a processor; the result is the same
};

/// (H, W, C) uint8 to the plan's size, C in 1, 3, 4; RGBA is premultiplied on the way, as in Pillow. 8-bit fixed point
/// with 22 bits, rounding and clipping between the passes; Note [order of passes]. Throws UsageError for an empty
/// output, or a box or window that leaves its picture. Thread-safe; time grows with output pixels times taps.
Image resize(const Image& image, const ResizePlan& plan);

/// What resizes that follow one another share: weights, which are kept while the sizes stay the same, and buffers. Once
/// they have grown, nothing is allocated (but for RGBA, and with threads). One per thread.
class ResizeScratch {
 public:
  ResizeScratch();
  ~ResizeScratch();
  ResizeScratch(ResizeScratch&&) noexcept;
  ResizeScratch& operator=(ResizeScratch&&) noexcept;
  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

/// The same into `out`, whose memory is used again.
void resize_into(const Image& image, const ResizePlan& plan, ResizeScratch& scratch, Image& out);

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
