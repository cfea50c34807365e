// The one EXIF field that changes what a picture shows: orientation (EXIF 2.32, tag 0x0112).

#include "sensorium/io/image_formats.h"
#include "sensorium/io/transform.h"

#include <cstring>

namespace sensorium::image_detail {
namespace {

/// Numbers in a TIFF block, of its byte order; 0 beyond its end.
struct TiffBlock {
  std::span<const uint8_t> bytes;
  bool big_endian;
  uint32_t read(size_t at, size_t n) const {
    if (at > bytes.size() || n > bytes.size() - at) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < n; ++i) value |= uint32_t{bytes[at + i]} << 8 * (big_endian ? n - 1 - i : i);
    return value;
  }
};

}  // namespace

int exif_orientation(std::span<const uint8_t> exif) {
  constexpr uint32_t kOrientation = 0x0112, kShort = 3;
  if (exif.size() >= 6 && std::memcmp(exif.data(), "Exif\0\0", 6) == 0) exif = exif.subspan(6);
  if (exif.size() < 8 || (std::memcmp(exif.data(), "II*\0", 4) != 0 && std::memcmp(exif.data(), "MM\0*", 4) != 0))
    return 1;
  const TiffBlock block{exif, exif[0] == 'M'};
  const size_t directory = block.read(4, 4);
  const uint32_t entries = block.read(directory, 2);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    if (block.read(entry, 2) != kOrientation || block.read(entry + 2, 2) != kShort) continue;
    const uint32_t value = block.read(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image apply_orientation(const Image& image, int orientation) {
  constexpr Transpose kHow[] = {Transpose::flip_left_right, Transpose::rotate_180, Transpose::flip_top_bottom,
                                Transpose::transpose,       Transpose::rotate_270, Transpose::transverse,
                                Transpose::rotate_90};
  return orientation < 2 || orientation > 8 ? image : transpose(image, kHow[orientation - 2]);
}

}  // namespace sensorium::image_detail
