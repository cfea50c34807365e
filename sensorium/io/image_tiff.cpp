// TIFF through libtiff; which kinds of samples there are and what they become follows Pillow's TiffImagePlugin.

#include "sensorium/io/colour.h"
#include "sensorium/io/image_tiff_file.h"

#include <algorithm>
#include <cstring>

namespace sensorium::image_detail {
namespace {

/// What the tags say about the samples.
struct Layout {
  uint32_t width = 0, height = 0;
  uint16_t bits = 1, samples = 1, format = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISWHITE;
  uint16_t planar = PLANARCONFIG_CONTIG, compression = COMPRESSION_NONE, orientation = 1, extras = 0;
  int extra_kind = -1;  // of the first sample beyond the colours; -1: not said
  int colours() const {
    return photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR ? 3
           : photometric == PHOTOMETRIC_SEPARATED                             ? 4
                                                                              : 1;
  }
  bool has_alpha() const {
    if (samples <= colours() || photometric == PHOTOMETRIC_SEPARATED || photometric == PHOTOMETRIC_YCBCR) return false;
    return extra_kind != EXTRASAMPLE_UNSPECIFIED;
  }
};

Layout read_layout(const Request& request, TIFF* file) {
  Layout l;
  TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &l.width);
  TIFFGetField(file, TIFFTAG_IMAGELENGTH, &l.height);
  TIFFGetFieldDefaulted(file, TIFFTAG_BITSPERSAMPLE, &l.bits);
  TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLESPERPIXEL, &l.samples);
  TIFFGetFieldDefaulted(file, TIFFTAG_SAMPLEFORMAT, &l.format);
  TIFFGetFieldDefaulted(file, TIFFTAG_PLANARCONFIG, &l.planar);
  TIFFGetFieldDefaulted(file, TIFFTAG_COMPRESSION, &l.compression);
  TIFFGetFieldDefaulted(file, TIFFTAG_ORIENTATION, &l.orientation);
  TIFFGetField(file, TIFFTAG_PHOTOMETRIC, &l.photometric);
  uint16_t* kinds = nullptr;
  if (TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &l.extras, &kinds) && l.extras > 0) l.extra_kind = kinds[0];
  request.check_size(l.width, l.height);
  const bool known = l.photometric == PHOTOMETRIC_MINISWHITE || l.photometric == PHOTOMETRIC_MINISBLACK ||
                     l.photometric == PHOTOMETRIC_RGB || l.photometric == PHOTOMETRIC_PALETTE ||
                     l.photometric == PHOTOMETRIC_SEPARATED || l.photometric == PHOTOMETRIC_YCBCR;
  const bool grey = l.photometric <= PHOTOMETRIC_MINISBLACK;
  const bool small = l.bits == 1 || l.bits == 2 || l.bits == 4;
  const bool depth = l.bits == 8 || (small && l.colours() == 1) ||
                     (l.bits == 16 && l.photometric != PHOTOMETRIC_PALETTE) || (grey && (l.bits == 32 || l.bits == 12));
  const bool format = l.format == SAMPLEFORMAT_UINT || (grey && l.format == SAMPLEFORMAT_INT && l.bits >= 8) ||
                      (grey && l.format == SAMPLEFORMAT_IEEEFP && l.bits == 32);
  const bool count = l.samples >= l.colours() && l.samples <= l.colours() + 3 && (l.samples == 1 || !small) &&
                     !(grey && l.samples > 1 && (l.bits != 8 || l.extra_kind == EXTRASAMPLE_ASSOCALPHA));
  if (!known || !depth || !format || !count)
    request.fail("expected a TIFF file of known samples, got {} of {} bits, photometric {}, format {}", l.samples,
                 l.bits, l.photometric, l.format);
  return l;
}

/// One decoded sample to 8 bits: more bits are clipped where the file is grey, and lose the low byte otherwise.
uint8_t to_8_bits(const uint8_t* row, size_t i, const Layout& l) {
  const bool one = l.colours() == 1;
  const auto clip = [](auto v) { return static_cast<uint8_t>(v <= 0 ? 0 : v >= 255 ? 255 : v); };
  switch (l.bits) {
    case 8:
      return row[i];
    case 12: {
      const uint8_t* p = row + i / 2 * 3;
      return clip(i % 2 ? (p[1] & 15) << 8 | p[2] : p[0] << 4 | p[1] >> 4);
    }
    case 16: {
      uint16_t v;
      std::memcpy(&v, row + 2 * i, 2);
      if (!one) return static_cast<uint8_t>(v >> 8);
      return l.format == SAMPLEFORMAT_INT ? clip(static_cast<int16_t>(v)) : clip(v);
    }
    case 32: {
      int32_t v;
      float f;
      std::memcpy(&v, row + 4 * i, 4);
      std::memcpy(&f, row + 4 * i, 4);
      if (l.format != SAMPLEFORMAT_IEEEFP) return clip(v);
      return f > 0 ? static_cast<uint8_t>(std::min(f, 255.0f)) : uint8_t{0};
    }
    default: {
      const uint32_t per_byte = 8u / l.bits, mask = (1u << l.bits) - 1;
      const uint32_t v = row[i / per_byte] >> (8 - l.bits * (i % per_byte + 1)) & mask;
      return static_cast<uint8_t>(l.photometric == PHOTOMETRIC_PALETTE ? v : v * 255 / mask);
    }
  }
}

/// All samples as 8 bits, (H, W, samples), whatever their order in the file.
class Samples {
 public:
  Samples(const Request& request, const TiffSource& source, TIFF* file, const Layout& layout)
      : request_(request), source_(source), file_(file), l_(layout) {
    values_.resize(size_t{l_.width} * l_.height * l_.samples);
    TIFFIsTiled(file) ? read_tiles() : read_rows();
  }
  const uint8_t* pixel(size_t i) const { return &values_[i * l_.samples]; }

 private:
  bool separate() const { return l_.planar == PLANARCONFIG_SEPARATE && l_.samples > 1; }

  [[noreturn]] void fail() const {
    request_.fail("expected a TIFF file that decodes, got: {}",
                  source_.message.empty() ? "broken data" : source_.message);
  }

  /// A decoded row of `n` pixels that starts at (x, y), of one plane or of all samples.
  void take(const uint8_t* row, uint32_t x, uint32_t y, uint32_t n, uint16_t plane) {
    uint8_t* to = &values_[(size_t{y} * l_.width + x) * l_.samples];
    if (!separate()) {
      for (size_t i = 0; i < size_t{n} * l_.samples; ++i) to[i] = to_8_bits(row, i, l_);
    } else {
      for (size_t i = 0; i < n; ++i) to[i * l_.samples + plane] = to_8_bits(row, i, l_);
    }
  }

  /// Bytes of `n` pixels in a decoded row.
  size_t row_bytes(uint32_t n) const { return (size_t{n} * (separate() ? 1u : l_.samples) * l_.bits + 7) / 8; }

  void read_rows() {
    const tmsize_t size = TIFFScanlineSize(file_);
    if (size <= 0 || static_cast<size_t>(size) < row_bytes(l_.width)) fail();
    std::vector<uint8_t> row(static_cast<size_t>(size));
    for (uint16_t plane = 0; plane < (separate() ? l_.samples : 1); ++plane)
      for (uint32_t y = 0; y < l_.height; ++y) {
        if (TIFFReadScanline(file_, row.data(), y, plane) != 1) fail();
        take(row.data(), 0, y, l_.width, plane);
      }
  }

  void read_tiles() {
    uint32_t width = 0, height = 0;
    TIFFGetField(file_, TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(file_, TIFFTAG_TILELENGTH, &height);
    request_.check_size(width, height);
    const tmsize_t size = TIFFTileSize(file_);
    const size_t stride = row_bytes(width);
    if (size <= 0 || static_cast<size_t>(size) < stride * height) fail();
    std::vector<uint8_t> tile(static_cast<size_t>(size));
    for (uint16_t plane = 0; plane < (separate() ? l_.samples : 1); ++plane)
      for (uint32_t y = 0; y < l_.height; y += height)
        for (uint32_t x = 0; x < l_.width; x += width) {
          if (TIFFReadTile(file_, tile.data(), x, y, 0, plane) < 0) fail();
          for (uint32_t row = 0; row < std::min(height, l_.height - y); ++row)
            take(tile.data() + stride * row, x, y + row, std::min(width, l_.width - x), plane);
        }
  }

  const Request& request_;
  const TiffSource& source_;
  TIFF* file_;
  const Layout& l_;
  std::vector<uint8_t> values_;
};

Palette read_palette(const Request& request, TIFF* file, const Layout& l) {
  uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (!TIFFGetField(file, TIFFTAG_COLORMAP, &red, &green, &blue))
    request.fail("expected a TIFF file with a palette, got none");
  Palette palette = grey_ramp();
  for (size_t i = 0; i < size_t{1} << l.bits; ++i)
    palette[i] = {static_cast<uint8_t>(red[i] >> 8), static_cast<uint8_t>(green[i] >> 8),
                  static_cast<uint8_t>(blue[i] >> 8), 255};
  return palette;
}

/// Colours that were multiplied with alpha, without it.
uint8_t divided(uint8_t value, uint8_t alpha) {
  return static_cast<uint8_t>(alpha == 0 ? 0 : std::min(255 * value / alpha, 255));
}

Image convert_samples(const Samples& samples, const Layout& l, const Palette& palette, int channels) {
  Image out(static_cast<int>(l.width), static_cast<int>(l.height), channels);
  const bool inverted = l.photometric == PHOTOMETRIC_MINISWHITE && l.bits <= 8;
  const bool multiplied = l.has_alpha() && l.extra_kind == EXTRASAMPLE_ASSOCALPHA && l.colours() == 3;
  for (size_t i = 0; i < size_t{l.width} * l.height; ++i) {
    const uint8_t* from = samples.pixel(i);
    uint8_t* to = &out.pixels[i * static_cast<size_t>(channels)];
    if (l.photometric == PHOTOMETRIC_PALETTE) {
      std::copy_n(palette[from[0]].begin(), 3, to);
    } else if (l.colours() == 1) {
      std::fill_n(to, 3, static_cast<uint8_t>(inverted ? 255 - from[0] : from[0]));
    } else {
      for (int c = 0; c < 3; ++c) to[c] = multiplied ? divided(from[c], from[3]) : from[c];
    }
    if (channels == 4) to[3] = from[l.colours()];
  }
  return out;
}

Image convert_cmyk(const Samples& samples, const Layout& l) {
  Image cmyk(static_cast<int>(l.width), static_cast<int>(l.height), 4);
  for (size_t i = 0; i < cmyk.pixels.size() / 4; ++i) std::copy_n(samples.pixel(i), 4, &cmyk.pixels[4 * i]);
  return cmyk_to_rgb(cmyk);
}

/// Subsampled YCbCr: by libtiff's own conversion, as in Pillow.
Image read_by_libtiff(const Request& request, const TiffSource& source, TIFF* file, const Layout& l) {
  Image out(static_cast<int>(l.width), static_cast<int>(l.height), 3);
  std::vector<uint32_t> pixels(size_t{l.width} * l.height);
  if (!TIFFReadRGBAImageOriented(file, l.width, l.height, pixels.data(), l.orientation, 1))
    request.fail("expected a TIFF file that decodes, got: {}", source.message);
  for (size_t i = 0; i < pixels.size(); ++i) {
    out.pixels[3 * i] = static_cast<uint8_t>(TIFFGetR(pixels[i]));
    out.pixels[3 * i + 1] = static_cast<uint8_t>(TIFFGetG(pixels[i]));
    out.pixels[3 * i + 2] = static_cast<uint8_t>(TIFFGetB(pixels[i]));
  }
  return out;
}

/// The current directory's picture, turned as it says: Pillow does that for TIFF without being asked.
Image read_page(const Request& request, const TiffSource& source, TIFF* file) {
  Layout l = read_layout(request, file);
  Image image;
  uint16_t across = 1, down = 1;
  if (l.photometric == PHOTOMETRIC_YCBCR) {
    TIFFGetFieldDefaulted(file, TIFFTAG_YCBCRSUBSAMPLING, &across, &down);
    if (l.compression == COMPRESSION_JPEG && l.planar == PLANARCONFIG_CONTIG) {
      TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      l.photometric = PHOTOMETRIC_RGB;
    }
  }
  if (l.photometric == PHOTOMETRIC_YCBCR && (l.compression != COMPRESSION_NONE || across != 1 || down != 1)) {
    image = read_by_libtiff(request, source, file, l);
  } else {
    const Samples samples(request, source, file, l);
    const Palette palette = l.photometric == PHOTOMETRIC_PALETTE ? read_palette(request, file, l) : Palette{};
    image = l.photometric == PHOTOMETRIC_SEPARATED
                ? convert_cmyk(samples, l)
                : convert_samples(samples, l, palette, request.keep_alpha && l.has_alpha() ? 4 : 3);
    if (l.photometric == PHOTOMETRIC_YCBCR) image = ycbcr_to_rgb(image);
  }
  return apply_orientation(image, l.orientation);
}

}  // namespace

Decoded decode_tiff(const Request& request) {
  TiffSource source{request.bytes, 0, {}};
  const TiffFile file = open_tiff(request, source);
  return {read_page(request, source, file.get()), 1};
}

void decode_tiff_frames(const Request& request, const FrameSink& take) {
  TiffSource source{request.bytes, 0, {}};
  const TiffFile file = open_tiff(request, source);
  do {
    if (!take({read_page(request, source, file.get()), 0})) return;
  } while (TIFFReadDirectory(file.get()));
}

}  // namespace sensorium::image_detail
