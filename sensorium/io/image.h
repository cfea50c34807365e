#pragma once
// Pictures: decoding of untrusted bytes to 8-bit pixels, equal to Pillow's.

#include "sensorium/base/file.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace sensorium {

/// Pixels in rows from the top, channels interleaved: (H, W, C) uint8. C is 1 (grey), 3 (RGB) or 4 (RGBA, straight
/// alpha).
struct Image {
  int width = 0, height = 0, channels = 3;
  std::vector<uint8_t> pixels;

  Image() = default;
  /// All pixels 0.
  Image(int width, int height, int channels = 3)
      : width(width),
        height(height),
        channels(channels),
        pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels)) {}
  /// Gives it that size; the memory is used again, the pixels are left as they fall.
  void reshape(int new_width, int new_height, int new_channels) {
    width = new_width;
    height = new_height;
    channels = new_channels;
    pixels.resize(stride() * static_cast<size_t>(height));
  }
  size_t stride() const { return static_cast<size_t>(width) * static_cast<size_t>(channels); }
  uint8_t* row(int y) { return pixels.data() + stride() * static_cast<size_t>(y); }
  const uint8_t* row(int y) const { return pixels.data() + stride() * static_cast<size_t>(y); }
  bool operator==(const Image&) const = default;
};

/// What a file may ask for; checked before anything is allocated.
struct DecodeLimits {
  uint64_t bytes = uint64_t{256} << 20;
  uint64_t pixels = 178'956'970;  // Pillow's limit (1 GiB / 4 * 2 / 3)
};

struct DecodeOptions {
  DecodeLimits limits;
  /// Turn the picture as its EXIF orientation says. Off by default, as the reference preprocessing does not.
  bool apply_exif_orientation = false;
};

/// Decodes JPEG, PNG, WebP, GIF, BMP or TIFF (told apart by content, never by name; the first frame of an animation) to
/// RGB, pixel for pixel as Pillow's `Image.open(f).convert("RGB")`: alpha is dropped and the colour under it kept, grey
/// is repeated, 16-bit grey and floats are clipped to 255, 16-bit RGB keeps its high bytes, CMYK is converted without
/// profiles, profiles and gamma are not applied; the orientation of a TIFF always is. `name` stands in errors. Throws
/// InputError for an unknown or unsupported format, truncated or broken data, and anything beyond the limits.
/// Thread-safe.
Image decode_image(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options = {});

/// The same, with alpha kept: C is 4 when the file has any transparency (alpha channel, transparent palette entries, a
/// colour key), else 3.
Image decode_image_alpha(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options = {});

/// One picture of an animation, or one page.
struct Frame {
  Image image;
  int duration_ms = 0;  // 0 where the format has none
};

/// Hands out every frame of a GIF, WebP or TIFF file in order, as it is shown, and the one picture of other formats; C
/// is 3, or with `keep_alpha` 4 where there is transparency so far. Stops when `take` returns false. The limits hold
/// for each frame; no more than a few are held at a time. Throws what decode_image does, after the frames before the
/// fault.
void decode_frames(std::span<const std::byte> bytes, std::string_view name,
                   const std::function<bool(const Frame&)>& take, bool keep_alpha = false,
                   const DecodeOptions& options = {});

/// Whether the first bytes are those of a format that decode_image knows.
bool is_known_image(std::span<const std::byte> bytes);

/// Maps and decodes a file. Throws what decode_image does, and InputError when the file cannot be read.
Image read_image(const fs::path& path, const DecodeOptions& options = {});
Image read_image_alpha(const fs::path& path, const DecodeOptions& options = {});

/// An RGBA picture on an opaque background, by Pillow's `alpha_composite`, as RGB; pictures without alpha are returned
/// as they are.
Image composite_on(const Image& image, uint8_t background = 255);

}  // namespace sensorium
