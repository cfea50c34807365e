// Windows and OS/2 bitmaps, decoded as Pillow's BmpImagePlugin does. There is no usual library for them: a header and
// rows of plain or run-length coded pixels.

#include "sensorium/io/image_formats.h"

#include <algorithm>

namespace sensorium::image_detail {
namespace {

enum Compression : uint32_t { kPlain = 0, kRle8 = 1, kRle4 = 2, kMasks = 3 };

/// Where the bytes of 24 and 32-bit pixels stand, or the layout of 16 bits; alpha -1 where there is none.
struct Layout {
  int red, green, blue, alpha;
  bool five_six_five = false;
};

struct Header {
  uint64_t width = 0, height = 0;
  bool top_down = false;
  uint32_t bits = 0, compression = 0, colours = 0;
  size_t palette_at = 0, palette_entry = 4, pixels_at = 0;
  Layout layout{2, 1, 0, -1};
};

/// Little-endian numbers of the file. Throws for what lies beyond its end.
struct Bytes {
  const Request& request;
  const uint8_t* at(size_t offset, size_t n) const {
    if (offset > request.bytes.size() || n > request.bytes.size() - offset)
      request.fail("expected a BMP file that decodes, got: a truncated file");
    return request.data() + offset;
  }
  uint32_t u16(size_t offset) const {
    const uint8_t* p = at(offset, 2);
    return p[0] | uint32_t{p[1]} << 8;
  }
  uint32_t u32(size_t offset) const { return u16(offset) | u16(offset + 2) << 16; }
};

/// The layouts of masks (red, green, blue, alpha) that Pillow knows.
Layout layout_of_masks(const Request& request, uint32_t bits, const std::array<uint32_t, 4>& masks) {
  struct Known {
    uint32_t bits;
    std::array<uint32_t, 4> masks;
    Layout layout;
  };
  static constexpr Known kKnown[] = {
      {32, {0xff0000, 0xff00, 0xff, 0}, {2, 1, 0, -1}},
      {32, {0xff000000, 0xff0000, 0xff00, 0}, {3, 2, 1, -1}},
      {32, {0xff000000, 0xff00, 0xff, 0}, {3, 1, 0, -1}},
      {32, {0xff000000, 0xff0000, 0xff00, 0xff}, {3, 2, 1, 0}},
      {32, {0xff, 0xff00, 0xff0000, 0xff000000}, {0, 1, 2, 3}},
      {32, {0xff0000, 0xff00, 0xff, 0xff000000}, {2, 1, 0, 3}},
      {32, {0xff000000, 0xff00, 0xff, 0xff0000}, {3, 1, 0, 2}},
      {32, {0, 0, 0, 0}, {2, 1, 0, 3}},
      {24, {0xff0000, 0xff00, 0xff, 0}, {2, 1, 0, -1}},
      {16, {0xf800, 0x7e0, 0x1f, 0}, {2, 1, 0, -1, true}},
      {16, {0x7c00, 0x3e0, 0x1f, 0}, {2, 1, 0, -1}},
  };
  for (const Known& known : kKnown)
    if (known.bits == bits && std::equal(masks.begin(), masks.begin() + (bits == 32 ? 4 : 3), known.masks.begin()))
      return known.layout;
  request.fail("expected a BMP file with usual masks, got {:x}, {:x}, {:x}, {:x} for {} bits", masks[0], masks[1],
               masks[2], masks[3], bits);
}

void read_masks(const Bytes& bytes, uint32_t header_size, Header& h, size_t& end) {
  constexpr size_t kAt = 14 + 40;  // in the header, or right after a short one
  std::array<uint32_t, 4> masks{};
  for (size_t i = 0; i < (header_size >= 56 ? 4 : 3); ++i) masks[i] = bytes.u32(kAt + 4 * i);
  if (header_size < 52) end += 12;
  h.layout = layout_of_masks(bytes.request, h.bits, masks);
}

Header read_header(const Request& request) {
  const Bytes bytes{request};
  Header h;
  h.pixels_at = bytes.u32(10);
  const uint32_t size = bytes.u32(14);
  static constexpr uint32_t kSizes[] = {12, 40, 52, 56, 64, 108, 124};
  if (std::find(std::begin(kSizes), std::end(kSizes), size) == std::end(kSizes))
    request.fail("expected a BMP header of a known size, got {} bytes", size);
  bytes.at(14, size);
  size_t end = size_t{14} + size;
  if (size == 12) {
    h.width = bytes.u16(18);
    h.height = bytes.u16(20);
    h.bits = bytes.u16(24);
    h.palette_entry = 3;
  } else {
    h.top_down = *bytes.at(25, 1) == 0xff;
    h.width = bytes.u32(18);
    h.height = h.top_down ? (uint64_t{1} << 32) - bytes.u32(22) : bytes.u32(22);
    h.bits = bytes.u16(28);
    h.compression = bytes.u32(30);
    h.colours = bytes.u32(46);
  }
  request.check_size(h.width, h.height);
  static constexpr uint32_t kBits[] = {1, 4, 8, 16, 24, 32};
  if (std::find(std::begin(kBits), std::end(kBits), h.bits) == std::end(kBits))
    request.fail("expected a BMP file of 1, 4, 8, 16, 24 or 32 bits, got {}", h.bits);
  if (h.compression == kMasks && h.bits >= 16)
    read_masks(bytes, size, h, end);
  else if (h.compression > kRle4 || (h.compression != kPlain && h.bits > 8))
    request.fail(
        "expected a BMP file without compression, or run lengths of 4 or 8 bits, got compression {} of {} bits",
        h.compression, h.bits);
  if (h.colours == 0) h.colours = uint32_t{1} << std::min(h.bits, 8u);
  h.palette_at = end;
  if (h.bits <= 8) {
    if (h.colours > 256) request.fail("expected a BMP palette of at most 256 colours, got {}", h.colours);
    end += h.palette_entry * h.colours;
    if (h.pixels_at == size_t{14} + size) h.pixels_at = end;
  }
  if (h.pixels_at == 0) h.pixels_at = end;
  return h;
}

/// How the indices of a picture with a palette are meant. Palettes that only say black and white, or grey as it is,
/// are not used: two colours are then bits, whatever the number of bits the header gives.
struct Indices {
  Palette palette = grey_ramp();
  uint32_t bits;
};

Indices read_palette(const Request& request, const Header& h) {
  Indices indices;
  indices.bits = h.bits;
  const uint8_t* from = Bytes{request}.at(h.palette_at, h.palette_entry * h.colours);
  bool plain = true;
  for (size_t i = 0; i < h.colours; ++i, from += h.palette_entry) {
    const size_t expected = h.colours == 2 && i == 1 ? 255 : i;
    plain &= from[0] == expected && from[1] == expected && from[2] == expected;
    indices.palette[i] = {from[2], from[1], from[0], 255};
  }
  if (plain && h.colours <= 2) {
    indices.bits = h.compression == kPlain ? 1 : h.bits;
    for (size_t i = 1; i < 256; ++i) indices.palette[i] = {255, 255, 255, 255};
  } else if (plain) {
    if (h.bits != 8 && h.compression == kPlain)
      request.fail("expected 8 bits of grey in a BMP file, got {} bits", h.bits);
    indices.palette = grey_ramp();
  }
  return indices;
}

/// One row of 1, 4 or 8 bits to indices, from the highest bits.
void unpack_row(const uint8_t* in, uint32_t bits, std::span<uint8_t> out) {
  const uint32_t per_byte = 8 / bits, mask = (1u << bits) - 1;
  for (size_t x = 0; x < out.size(); ++x)
    out[x] = static_cast<uint8_t>(in[x / per_byte] >> (8 - bits * (x % per_byte + 1)) & mask);
}

void convert_row(const uint8_t* in, uint32_t bits, const Layout& l, Image& out, int y) {
  uint8_t* to = out.row(y);
  for (int x = 0; x < out.width; ++x, to += out.channels, in += bits / 8) {
    if (bits == 16) {
      const uint32_t v = in[0] | uint32_t{in[1]} << 8;
      to[2] = static_cast<uint8_t>((v & 31) * 255 / 31);
      to[1] = static_cast<uint8_t>(l.five_six_five ? (v >> 5 & 63) * 255 / 63 : (v >> 5 & 31) * 255 / 31);
      to[0] = static_cast<uint8_t>((v >> (l.five_six_five ? 11 : 10) & 31) * 255 / 31);
      continue;
    }
    to[0] = in[l.red];
    to[1] = in[l.green];
    to[2] = in[l.blue];
    if (out.channels == 4) to[3] = in[l.alpha];
  }
}

/// Run lengths to width * height indices, in the order of the file, as Pillow reads them.
std::vector<uint8_t> read_runs(const Request& request, const Header& h) {
  const bool four = h.compression == kRle4;
  const size_t width = h.width, total = h.width * h.height;
  std::vector<uint8_t> out;
  out.reserve(total);
  size_t at = h.pixels_at, x = 0;
  const auto zeros = [&](size_t n) { out.insert(out.end(), std::min(n, total - std::min(total, out.size())), 0); };
  while (out.size() < total && at + 2 <= request.bytes.size()) {
    const size_t count = request.data()[at];
    const uint8_t value = request.data()[at + 1];
    at += 2;
    if (count > 0) {
      const size_t fitting = std::min(count, width - std::min(width, x));
      for (size_t i = 0; i < fitting; ++i)
        out.push_back(!four ? value : i % 2 ? static_cast<uint8_t>(value & 15) : static_cast<uint8_t>(value >> 4));
      x += fitting;
    } else if (value == 0) {
      zeros((width - out.size() % width) % width);
      x = 0;
    } else if (value == 1) {
      break;
    } else if (value == 2) {
      if (at + 2 > request.bytes.size()) break;
      zeros(request.data()[at] + request.data()[at + 1] * width);
      at += 2;
      x = out.size() % width;
    } else {
      const size_t literal = std::min<size_t>(total - out.size(), value), bytes = four ? (literal + 1) / 2 : literal;
      if (bytes > request.bytes.size() - at) break;
      for (size_t i = 0; i < literal; ++i) {
        const uint8_t b = request.data()[at + (four ? i / 2 : i)];
        out.push_back(!four ? b : i % 2 ? static_cast<uint8_t>(b & 15) : static_cast<uint8_t>(b >> 4));
      }
      at += bytes;
      x += value;
      at += at % 2;
    }
  }
  if (out.size() < total) request.fail("expected a BMP file that decodes, got: a truncated file");
  out.resize(total);
  return out;
}

}  // namespace

Decoded decode_bmp(const Request& request) {
  const Header h = read_header(request);
  const bool runs = h.compression == kRle8 || h.compression == kRle4, alpha = h.bits == 32 && h.layout.alpha >= 0;
  const auto width = static_cast<size_t>(h.width), height = static_cast<size_t>(h.height);
  const Indices indices = h.bits <= 8 ? read_palette(request, h) : Indices{grey_ramp(), 0};
  const size_t stride = (width * h.bits + 31) / 32 * 4;
  if (!runs) Bytes{request}.at(h.pixels_at, stride * (height - 1) + (width * h.bits + 7) / 8);
  const std::vector<uint8_t> run_pixels = runs ? read_runs(request, h) : std::vector<uint8_t>{};

  Decoded decoded;
  decoded.image =
      Image(static_cast<int>(width), static_cast<int>(height), request.keep_alpha && alpha && h.bits == 32 ? 4 : 3);
  Image row(decoded.image.width, 1, decoded.image.channels);
  std::vector<uint8_t> row_indices(width);
  for (size_t i = 0; i < height; ++i) {
    const int y = static_cast<int>(h.top_down ? i : height - 1 - i);
    if (h.bits > 8) {
      convert_row(request.data() + h.pixels_at + stride * i, h.bits, h.layout, decoded.image, y);
      continue;
    }
    if (runs)
      std::copy_n(run_pixels.begin() + static_cast<ptrdiff_t>(width * i), width, row_indices.begin());
    else
      unpack_row(request.data() + h.pixels_at + stride * i, indices.bits, row_indices);
    apply_palette(row_indices, indices.palette, row);
    std::copy(row.pixels.begin(), row.pixels.end(), decoded.image.row(y));
  }
  return decoded;
}

}  // namespace sensorium::image_detail
