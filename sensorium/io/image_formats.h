#pragma once
// Inside the io room: what a decoder of one format gets and gives, for the table in image.cpp.

#include "sensorium/base/error.h"
#include "sensorium/io/image.h"

#include <array>
#include <string>

namespace sensorium::image_detail {

/// What a decoder needs besides the bytes.
struct Request {
  std::span<const std::byte> bytes;
  std::string_view name;  // of the file, for errors
  DecodeLimits limits;
  bool keep_alpha = false;        // C 4 if the file has transparency; else always C 3
  bool want_orientation = false;  // EXIF orientation is to be looked up

  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes.data()); }
  template <class... A>
  [[noreturn]] void fail(fmt::format_string<A...> detail, A&&... args) const {
    throw InputError("image", "{}: {}", name, fmt::format(detail, std::forward<A>(args)...));
  }
  /// Throws unless a picture of that size may be allocated.
  void check_size(uint64_t width, uint64_t height) const {
    if (width == 0 || height == 0) fail("expected at least one pixel, got {}x{}", width, height);
    if (width > INT32_MAX || height > INT32_MAX || width > limits.pixels / height)
      fail("expected at most {} pixels, got {}x{}", limits.pixels, width, height);
  }
};

struct Decoded {
  Image image;
  int orientation = 1;  // EXIF, 1 to 8
};

/// Takes frames, in order; false stops. The image handed over may be changed by the receiver.
using FrameSink = std::function<bool(Frame&&)>;

Decoded decode_jpeg(const Request& request);
Decoded decode_png(const Request& request);
Decoded decode_webp(const Request& request);
Decoded decode_gif(const Request& request);
Decoded decode_bmp(const Request& request);
Decoded decode_tiff(const Request& request);

void decode_webp_frames(const Request& request, const FrameSink& take);
void decode_gif_frames(const Request& request, const FrameSink& take);
void decode_tiff_frames(const Request& request, const FrameSink& take);

/// (R, G, B, A) of 256 indices; those that the file does not give are a grey ramp, as in Pillow.
using Palette = std::array<std::array<uint8_t, 4>, 256>;
Palette grey_ramp();

/// One index a pixel to the colours of `out`, C 3 or 4.
void apply_palette(std::span<const uint8_t> indices, const Palette& palette, Image& out);

/// Orientation (1 to 8) in an EXIF block, which is a TIFF file with or without "Exif\0\0" before it; 1 when there is
/// none or the block is broken.
int exif_orientation(std::span<const uint8_t> exif);

/// The picture turned so that orientation 1 shows what `orientation` meant.
Image apply_orientation(const Image& image, int orientation);

}  // namespace sensorium::image_detail
