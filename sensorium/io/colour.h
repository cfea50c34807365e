#pragma once
// Colour spaces and tones of 8-bit pictures, equal to Pillow's `convert`, `ImageOps` and `ImageEnhance`. All functions
// take and give (H, W, C) uint8, throw UsageError for a number of channels they do not know, and are thread-safe.

#include "sensorium/io/image.h"

#include <array>
#include <functional>

namespace sensorium {

/// ITU-R 601-2 luma of an RGB picture in 16-bit fixed point, C 1: `convert("L")`.
Image to_grey(const Image& rgb);

/// The same in all three channels.
Image to_grayscale(const Image& rgb);

/// Hue, saturation and value, each 0 to 255 (single precision, cut off): `convert("HSV")`, and back (rounded).
Image rgb_to_hsv(const Image& rgb);
Image hsv_to_rgb(const Image& hsv);

/// JFIF's Y, Cb, Cr in fixed point of 6 bits: `convert("YCbCr")`, and back.
Image rgb_to_ycbcr(const Image& rgb);
Image ycbcr_to_rgb(const Image& ycbcr);

/// C, M, Y the complement of R, G, B and K 0: `convert("CMYK")`; and back, without profiles: each is
/// (255 - K) - ink (255 - K) / 255, rounded.
Image rgb_to_cmyk(const Image& rgb);
Image cmyk_to_rgb(const Image& cmyk);

/// The hue turned by `turns` of -0.5 to 0.5 of a circle, by 8-bit hue: torchvision's adjust_hue on Pillow images.
Image adjust_hue(const Image& rgb, double turns);

/// from + alpha * (to - from) in single precision, cut off and clipped: `Image.blend`. Both of one size and number of
/// channels, else UsageError.
Image blend(const Image& from, const Image& to, double alpha);

/// ImageEnhance on RGB: factor 0 gives black, flat grey, the grey picture, or the smoothed one; 1 the picture itself.
Image adjust_brightness(const Image& rgb, double factor);
Image adjust_contrast(const Image& rgb, double factor);
Image adjust_saturation(const Image& rgb, double factor);
Image adjust_sharpness(const Image& rgb, double factor);

/// Each channel's values mapped by a table of its own.
using ToneTable = std::array<uint8_t, 256>;
Image map_tones(const Image& image, const std::function<ToneTable(int channel)>& table);

/// 255 - value.
Image invert(const Image& image);
/// Only the `bits` (1 to 8) highest bits kept.
Image posterize(const Image& image, int bits);
/// Values of at least `threshold` inverted.
Image solarize(const Image& image, int threshold);
/// Each channel stretched to 0 to 255 once `low` and `high` percent of its darkest and brightest pixels are left out.
Image autocontrast(const Image& image, double low = 0, double high = 0);
/// Each channel's histogram made flat.
Image equalize(const Image& image);

}  // namespace sensorium
