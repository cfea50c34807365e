#include "sensorium/io/image.h"

#include "sensorium/io/image_formats.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sensorium {
namespace {

using image_detail::Decoded;
using image_detail::Request;

/// One image format: how its files begin, and its decoder.
struct Format {
  std::string_view name;
  std::string_view magic;  // '?' stands for any byte
  Decoded (*decode)(const Request&);
  void (*decode_frames)(const Request&, const image_detail::FrameSink&) = nullptr;  // if there can be several
};

using namespace std::string_view_literals;
constexpr std::array<Format, 10> kFormats = {{
    {"JPEG", "\xff\xd8\xff"sv, image_detail::decode_jpeg},
    {"PNG", "\x89PNG\r\n\x1a\n"sv, image_detail::decode_png},
    {"WebP", "RIFF????WEBP"sv, image_detail::decode_webp, image_detail::decode_webp_frames},
    {"GIF", "GIF87a"sv, image_detail::decode_gif, image_detail::decode_gif_frames},
    {"GIF", "GIF89a"sv, image_detail::decode_gif, image_detail::decode_gif_frames},
    {"BMP", "BM"sv, image_detail::decode_bmp},
    {"TIFF", "II*\0"sv, image_detail::decode_tiff, image_detail::decode_tiff_frames},
    {"TIFF", "MM\0*"sv, image_detail::decode_tiff, image_detail::decode_tiff_frames},
    {"TIFF", "II+\0"sv, image_detail::decode_tiff, image_detail::decode_tiff_frames},
    {"TIFF", "MM\0+"sv, image_detail::decode_tiff, image_detail::decode_tiff_frames},
}};
constexpr std::string_view kFormatNames = "JPEG, PNG, WebP, GIF, BMP or TIFF";

const Format* find_format(std::span<const std::byte> bytes) {
  for (const Format& format : kFormats) {
    if (bytes.size() < format.magic.size()) continue;
    bool same = true;
    for (size_t i = 0; i < format.magic.size(); ++i)
      same &= format.magic[i] == '?' || static_cast<std::byte>(format.magic[i]) == bytes[i];
    if (same) return &format;
  }
  return nullptr;
}

[[noreturn]] void fail_unknown(const Request& request) {
  if (request.bytes.empty()) request.fail("expected {}, got an empty file", kFormatNames);
  std::string start;
  for (size_t i = 0; i < std::min<size_t>(request.bytes.size(), 8); ++i)
    start += fmt::format("{}{:02x}", i ? " " : "", std::to_integer<int>(request.bytes[i]));
  request.fail("expected {}, got a file that starts with {}", kFormatNames, start);
}

/// What a decoder is asked, and the format found. Throws for too many bytes and unknown formats.
std::pair<Request, const Format*> prepare(std::span<const std::byte> bytes, std::string_view name,
                                          const DecodeOptions& options, bool keep_alpha) {
  Request request{bytes, name, options.limits, keep_alpha, options.apply_exif_orientation};
  if (bytes.size() > options.limits.bytes)
    request.fail("expected at most {} bytes, got {}", options.limits.bytes, bytes.size());
  const Format* format = find_format(bytes);
  if (!format) fail_unknown(request);
  return {std::move(request), format};
}

Image decode(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options, bool keep_alpha) {
  const auto [request, format] = prepare(bytes, name, options, keep_alpha);
  Decoded decoded = format->decode(request);
  if (decoded.orientation == 1) return std::move(decoded.image);
  return image_detail::apply_orientation(decoded.image, decoded.orientation);
}

}  // namespace

Image decode_image(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options) {
  return decode(bytes, name, options, false);
}

Image decode_image_alpha(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options) {
  return decode(bytes, name, options, true);
}

void decode_frames(std::span<const std::byte> bytes, std::string_view name,
                   const std::function<bool(const Frame&)>& take, bool keep_alpha, const DecodeOptions& options) {
  const auto [request, format] = prepare(bytes, name, options, keep_alpha);
  if (!format->decode_frames) {
    take({decode(bytes, name, options, keep_alpha), 0});
    return;
  }
  format->decode_frames(request, [&](Frame&& frame) { return take(frame); });
}

bool is_known_image(std::span<const std::byte> bytes) {
  return find_format(bytes) != nullptr;
}

Image read_image(const fs::path& path, const DecodeOptions& options) {
  const MappedFile file(path);
  return decode_image(file.bytes(), path.string(), options);
}

Image read_image_alpha(const fs::path& path, const DecodeOptions& options) {
  const MappedFile file(path);
  return decode_image_alpha(file.bytes(), path.string(), options);
}

namespace image_detail {

Palette grey_ramp() {
  Palette palette;
  for (size_t i = 0; i < palette.size(); ++i) {
    const auto v = static_cast<uint8_t>(i);
    palette[i] = {v, v, v, 255};
  }
  return palette;
}

void apply_palette(std::span<const uint8_t> indices, const Palette& palette, Image& out) {
  uint8_t* to = out.pixels.data();
  for (const uint8_t index : indices) to = std::copy_n(palette[index].begin(), out.channels, to);
}

}  // namespace image_detail

// Pillow's alpha_composite over an opaque background: 7 extra bits, division by 255 with rounding.
Image composite_on(const Image& image, uint8_t background) {
  if (image.channels != 4) return image;
  constexpr uint32_t kOne = 255u << 7, kHalf = 0x80u << 7;
  Image out(image.width, image.height, 3);
  const uint8_t* in = image.pixels.data();
  for (size_t i = 0; i < out.pixels.size(); i += 3, in += 4) {
    const uint32_t source = in[3] * 128u, under = (kOne - source) * background + kHalf;
    for (int c = 0; c < 3; ++c) {
      const uint32_t sum = in[c] * source + under;
      out.pixels[i + c] = static_cast<uint8_t>((((sum >> 8) + sum) >> 8) >> 7);
    }
  }
  return out;
}

}  // namespace sensorium
