#pragma once
// Neighbourhood filters of 8-bit pictures, equal to Pillow's `ImageFilter`. All take and give (H, W, C) uint8, treat
// channels alike, repeat the border pixels outwards, and are thread-safe.

#include "sensorium/io/image.h"

namespace sensorium {

/// Blurred with an approximate Gaussian of standard deviation `x` and `y` pixels: three box blurs of fractional radius
/// in each direction. Throws UsageError below 0 or above 10,000. Source: Gwosdek et al., "Theoretical foundations of
/// Gaussian convolution by extended box filtering", 2011.
Image gaussian_blur(const Image& image, double x, double y);
inline Image gaussian_blur(const Image& image, double radius) {
  return gaussian_blur(image, radius, radius);
}

/// Mean over a square that reaches `radius` pixels out in each direction; a fraction counts the outermost pixels in
/// part. Throws UsageError below 0 or above 10,000.
Image box_blur(const Image& image, double radius);

/// Median of `size` x `size` pixels, each channel for itself. Throws UsageError unless size is odd, 1 to 31.
Image median_filter(const Image& image, int size);

/// What differs from the blurred picture by more than `threshold`, strengthened by `percent`.
Image unsharp_mask(const Image& image, double radius, int percent, int threshold);

/// ImageFilter.SMOOTH: 3x3 weights of 1, 5 in the centre, over 13; border pixels are kept.
Image smooth(const Image& image);

}  // namespace sensorium
