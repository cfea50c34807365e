// PNG through libpng. Chunks before the pixel data are checked first, as Pillow does: a wrong checksum there is an
// error; in the pixel data, or after it, it is not.

#include "sensorium/io/image_formats.h"

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace sensorium::image_detail {
namespace {

constexpr size_t kSignatureBytes = 8, kMaxDeflateRatio = 1032;
constexpr size_t kColourType = 25;            // where in the file it stands
constexpr size_t kMaxText = size_t{1} << 20;  // Pillow's limit

uint32_t big_endian32(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]};
}

struct Chunk {
  std::string_view type;
  std::span<const uint8_t> data;
  bool intact;  // the checksum is right
};

/// The chunk at `at`, which moves behind it; nothing at the end of the file or when it is cut short there.
std::optional<Chunk> next_chunk(const Request& request, size_t& at) {
  const std::span all(request.data(), request.bytes.size());
  if (all.size() - at < 12) return std::nullopt;
  const uint32_t length = big_endian32(&all[at]);
  if (length > all.size() - at - 12) return std::nullopt;
  const auto body = all.subspan(at + 4, size_t{4} + length);
  at += size_t{12} + length;
  const bool intact = crc32(0, body.data(), static_cast<uInt>(body.size())) == big_endian32(&all[at - 4]);
  return Chunk{{reinterpret_cast<const char*>(body.data()), 4}, body.subspan(4), intact};
}

/// Throws when compressed text or a profile in a chunk is larger than Pillow takes.
void check_inflated_size(const Request& request, const Chunk& chunk) {
  size_t fields = 0;  // texts that end with 0, before the data
  if (chunk.type == "zTXt" || chunk.type == "iCCP") fields = 1;
  if (chunk.type == "iTXt") fields = 3;
  if (fields == 0) return;
  size_t at = 0;
  for (size_t field = 0; field < fields; ++field) {
    const auto end = std::find(chunk.data.begin() + static_cast<ptrdiff_t>(at), chunk.data.end(), 0);
    if (end == chunk.data.end()) return;
    at = static_cast<size_t>(end - chunk.data.begin()) + 1;
    if (field == 0 && fields == 3) {
      if (at + 2 > chunk.data.size() || chunk.data[at] == 0) return;  // not compressed
      at += 2;
    }
  }
  at += fields == 1;  // the method
  if (at >= chunk.data.size()) return;
  std::vector<uint8_t> out(kMaxText);
  z_stream stream{};
  stream.next_in = const_cast<uint8_t*>(chunk.data.data() + at);
  stream.avail_in = static_cast<uInt>(chunk.data.size() - at);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  if (inflateInit(&stream) != Z_OK) return;
  inflate(&stream, Z_SYNC_FLUSH);
  const bool too_large = stream.avail_out == 0 && stream.avail_in > 0;
  inflateEnd(&stream);
  if (too_large) request.fail("expected at most {} bytes of text in a PNG chunk, got more in {}", kMaxText, chunk.type);
}

/// Whether a picture of palette indices lacks its palette.
enum class Colours { present, missing };

Colours check_chunks_before_data(const Request& request) {
  size_t at = kSignatureBytes;
  bool palette = false;
  while (true) {
    if (request.bytes.size() - at >= 8 && std::memcmp(request.data() + at + 4, "IDAT", 4) == 0) break;
    const auto chunk = next_chunk(request, at);
    if (!chunk) request.fail("expected a PNG file that decodes, got: a truncated file");
    if (!chunk->intact) request.fail("expected a PNG file that decodes, got: a wrong checksum in {}", chunk->type);
    if (chunk->type == "IEND") request.fail("expected a PNG file that decodes, got: no pixel data");
    check_inflated_size(request, *chunk);
    palette |= chunk->type == "PLTE";
  }
  const bool indices = request.bytes.size() > kColourType && request.data()[kColourType] == PNG_COLOR_TYPE_PALETTE;
  return indices && !palette ? Colours::missing : Colours::present;
}

int find_orientation(const Request& request) {
  size_t at = kSignatureBytes;
  while (const auto chunk = next_chunk(request, at))
    if (chunk->type == "eXIf") return exif_orientation(chunk->data);
  return 1;
}

struct Source {
  std::span<const std::byte> rest;
  std::string message;
  size_t greyed = 0;  // the byte after which so many are left reads 0: the colour type, taken for grey
};

void read_bytes(png_structp png, png_bytep out, size_t n) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (n > source->rest.size()) png_error(png, "a truncated file");
  std::memcpy(out, source->rest.data(), n);
  const size_t left = source->rest.size();
  if (source->greyed > left - n && source->greyed <= left) out[left - source->greyed] = PNG_COLOR_TYPE_GRAY;
  source->rest = source->rest.subspan(n);
}

void keep_error(png_structp png, png_const_charp message) {
  static_cast<Source*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

void ignore_warning(png_structp, png_const_charp) {}

struct Reader {
  png_structp png;
  png_infop info;
  explicit Reader(Source& source)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, keep_error, ignore_warning)),
        info(png ? png_create_info_struct(png) : nullptr) {
    if (png) png_set_read_fn(png, &source, read_bytes);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

/// How the file's pixels come out of libpng, and what is left to do with them.
enum class Layout { direct, palette, grey16 };

Layout set_transforms(png_structp png, png_infop info, bool alpha) {
  const int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
  if (type == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(png);
    return Layout::palette;
  }
  if (type == PNG_COLOR_TYPE_GRAY && depth == 16) return Layout::grey16;
  if (depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (alpha && png_get_valid(png, info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
  if (depth == 16) png_set_strip_16(png);
  if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  if (!alpha) png_set_strip_alpha(png);
  return Layout::direct;
}

Palette palette_of(png_structp png, png_infop info) {
  Palette palette = grey_ramp();
  png_colorp colours = nullptr;
  png_bytep alphas = nullptr;
  int n = 0, n_alphas = 0;
  png_get_PLTE(png, info, &colours, &n);
  for (int i = 0; i < n; ++i)
    palette[static_cast<size_t>(i)] = {colours[i].red, colours[i].green, colours[i].blue, 255};
  png_get_tRNS(png, info, &alphas, &n_alphas, nullptr);
  for (int i = 0; alphas && i < n_alphas; ++i) palette[static_cast<size_t>(i)][3] = alphas[i];
  return palette;
}

/// Big-endian 16-bit grey to RGB, clipped (not scaled) to 255.
void clip_grey16(const std::vector<uint8_t>& samples, Image& out) {
  for (size_t i = 0; i < samples.size() / 2; ++i)
    std::memset(&out.pixels[3 * i], samples[2 * i] ? 255 : samples[2 * i + 1], 3);
}

}  // namespace

Decoded decode_png(const Request& request) {
  const bool bare_indices = check_chunks_before_data(request) == Colours::missing;
  Decoded decoded;
  std::vector<uint8_t> samples;
  std::vector<png_bytep> rows;
  Source source{request.bytes, {}, bare_indices ? request.bytes.size() - kColourType : 0};
  Reader reader(source);
  if (!reader.info) throw EnvironmentError("image", "expected memory to decode {}, got none", request.name);
  const png_structp png = reader.png;
  if (setjmp(png_jmpbuf(png))) request.fail("expected a PNG file that decodes, got: {}", source.message);

  png_set_user_limits(png, INT32_MAX, INT32_MAX);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // checked above where it matters
  png_read_info(png, reader.info);
  const uint32_t width = png_get_image_width(png, reader.info), height = png_get_image_height(png, reader.info);
  request.check_size(width, height);
  if (png_get_rowbytes(png, reader.info) * height / kMaxDeflateRatio > request.bytes.size())
    request.fail("expected a PNG file that decodes, got: too few bytes for {}x{} pixels", width, height);

  const bool has_alpha = !bare_indices && (png_get_color_type(png, reader.info) & PNG_COLOR_MASK_ALPHA ||
                                           png_get_valid(png, reader.info, PNG_INFO_tRNS));
  if (bare_indices) png_set_packing(png);
  const Layout layout =
      bare_indices ? Layout::palette : set_transforms(png, reader.info, request.keep_alpha && has_alpha);
  png_set_interlace_handling(png);
  png_read_update_info(png, reader.info);
  const size_t row_bytes = png_get_rowbytes(png, reader.info);
  const bool alpha = request.keep_alpha && has_alpha && layout != Layout::grey16;
  decoded.image = Image(static_cast<int>(width), static_cast<int>(height), alpha ? 4 : 3);
  if (layout != Layout::direct) samples.resize(row_bytes * height);
  uint8_t* first_row = layout == Layout::direct ? decoded.image.pixels.data() : samples.data();
  for (uint32_t y = 0; y < height; ++y) rows.push_back(first_row + y * row_bytes);
  png_read_image(png, rows.data());

  if (layout == Layout::palette) apply_palette(samples, palette_of(png, reader.info), decoded.image);
  if (layout == Layout::grey16) clip_grey16(samples, decoded.image);
  if (request.want_orientation) decoded.orientation = find_orientation(request);
  return decoded;
}

}  // namespace sensorium::image_detail
