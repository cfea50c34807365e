#include "sensorium/io/image.h"

#include "sensorium/io/image_formats.h"

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
};

using namespace std::string_view_literals;
constexpr std::array<Format, 3> kFormats = {{
    {"JPEG", "\xff\xd8\xff"sv, image_detail::decode_jpeg},
    {"PNG", "\x89PNG\r\n\x1a\n"sv, image_detail::decode_png},
    {"WebP", "RIFF????WEBP"sv, image_detail::decode_webp},
}};

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

/// "JPEG, PNG or WebP"
std::string format_names() {
  std::string names;
  for (size_t i = 0; i < kFormats.size(); ++i)
    names.append(i == 0 ? "" : i + 1 == kFormats.size() ? " or " : ", ").append(kFormats[i].name);
  return names;
}

[[noreturn]] void fail_unknown(const Request& request) {
  if (request.bytes.empty()) request.fail("expected {}, got an empty file", format_names());
  std::string start;
  for (size_t i = 0; i < std::min<size_t>(request.bytes.size(), 8); ++i)
    start += fmt::format("{}{:02x}", i ? " " : "", std::to_integer<int>(request.bytes[i]));
  request.fail("expected {}, got a file that starts with {}", format_names(), start);
}

Image decode(std::span<const std::byte> bytes, std::string_view name, const DecodeOptions& options, bool keep_alpha) {
  const Request request{bytes, std::string(name), options.limits, keep_alpha, options.apply_exif_orientation};
  if (bytes.size() > options.limits.bytes)
    request.fail("expected at most {} bytes, got {}", options.limits.bytes, bytes.size());
  const Format* format = find_format(bytes);
  if (!format) fail_unknown(request);
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
