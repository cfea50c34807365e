#pragma once
// Geometry of 8-bit pictures, equal to Pillow's `transpose`, `transform`, `rotate`, `reduce`, `thumbnail` and the
// fitting functions of `ImageOps`. All take and give (H, W, C) uint8 and are thread-safe.

#include "sensorium/io/resize.h"

#include <array>

namespace sensorium {

/// Turns and mirrors, with Pillow's numbers; turns are counter-clockwise.
enum class Transpose {
  flip_left_right = 0,
  flip_top_bottom = 1,
  rotate_90 = 2,
  rotate_180 = 3,
  rotate_270 = 4,
  transpose = 5,
  transverse = 6
};
Image transpose(const Image& image, Transpose how);

/// A colour for what lies outside the picture; the first C values count.
using Fill = std::array<uint8_t, 4>;

/// (height, width, channels) of that colour, C at most 4.
Image filled_image(int width, int height, int channels, const Fill& fill);

/// Output pixel (x, y), at its centre, comes from (a x + b y + c, d x + e y + f). `filter` is nearest, bilinear or
/// bicubic (over 1, 4 or 16 pixels whatever the scale), C 1 or 3; else UsageError.
Image affine(const Image& image, int width, int height, const std::array<double, 6>& matrix, Resample filter,
             const Fill& fill = {});

/// The same with (a x + b y + c) / (g x + h y + 1), (d x + e y + f) / (g x + h y + 1).
Image perspective(const Image& image, int width, int height, const std::array<double, 8>& matrix, Resample filter,
                  const Fill& fill = {});

/// Options of a rotation. Default: about the centre, the size kept, nearest, black outside.
struct Rotation {
  double degrees = 0;  // counter-clockwise
  Resample filter = Resample::nearest;
  bool expand = false;  // make the output large enough for all of it
  std::optional<std::array<double, 2>> centre = std::nullopt;
  std::optional<std::array<double, 2>> translate = std::nullopt;  // afterwards
  Fill fill = {};
};
Image rotate(const Image& image, const Rotation& rotation);

/// Means of whole blocks of `x` by `y` pixels; the last ones may be smaller. Throws UsageError below 1.
Image reduce(const Image& image, int x, int y, const std::optional<Window>& part = std::nullopt);

/// The largest resize within width x height that keeps the shape; the same padded with `fill`, centred; and the centre
/// of that shape resized to exactly that size.
Image contain(const Image& image, int width, int height, Resample filter);
Image pad(const Image& image, int width, int height, Resample filter, const Fill& fill);
Image fit(const Image& image, int width, int height, Resample filter);

/// `Image.thumbnail`: as contain but never larger, with block means first where the picture is reduced by more than
/// `gap` times two.
Image thumbnail(const Image& image, int width, int height, Resample filter, double gap = 2.0);

}  // namespace sensorium
