// JPEG through libjpeg-turbo with its defaults (accurate integer DCT, fancy upsampling), which are Pillow's.

#include "sensorium/io/image_jpeg.h"

#include "sensorium/io/jpeg_arena.h"

#include <algorithm>
#include <csetjmp>

namespace sensorium::image_detail {
namespace {

constexpr int kMaxScans = 500;  // a small progressive file can otherwise ask for hours of work
// Beyond the wanted columns: what upsampling looks at, which at the border of a cut is not there.
constexpr int kMargin = 16;

// libjpeg reports errors by a call that must not return: it jumps back to where decoding began.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail_with(j_common_ptr info, const char* message) {
  auto* errors = reinterpret_cast<ErrorManager*>(info->err);
  std::snprintf(errors->message, sizeof errors->message, "%s", message);
  std::longjmp(errors->back, 1);
}

void error_exit(j_common_ptr info) {
  char message[JMSG_LENGTH_MAX];
  info->err->format_message(info, message);
  fail_with(info, message);
}

void ignore_message(j_common_ptr, int) {}

boolean out_of_data(j_decompress_ptr info) {
  fail_with(reinterpret_cast<j_common_ptr>(info), "a truncated file");
}

void skip_data(j_decompress_ptr info, long n) {
  if (n <= 0) return;
  if (static_cast<size_t>(n) > info->src->bytes_in_buffer) out_of_data(info);
  info->src->next_input_byte += n;
  info->src->bytes_in_buffer -= static_cast<size_t>(n);
}

void limit_scans(j_common_ptr info) {
  if (info->is_decompressor && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMaxScans)
    fail_with(info, "more than 500 scans");
}

/// Adobe writes CMYK inverted, and Pillow takes all CMYK files as such. Its conversion to RGB has no profile.
void convert_cmyk_row(const uint8_t* in, int width, uint8_t* out) {
  for (int x = 0; x < width; ++x, in += 4, out += 3) {
    const uint32_t k = in[3];
    for (int c = 0; c < 3; ++c) {
      const uint32_t t = (255u - in[c]) * k + 128;
      out[c] = static_cast<uint8_t>(k - (((t >> 8) + t) >> 8));
    }
  }
}

int find_orientation(const jpeg_decompress_struct& info) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (auto* m = info.marker_list; m; m = m->next)
    if (m->data_length >= kExif.size() && std::string_view(reinterpret_cast<char*>(m->data), kExif.size()) == kExif)
      return exif_orientation({m->data, m->data_length});
  return 1;
}

}  // namespace

struct JpegReader::State {
  jpeg_decompress_struct info{};
  ErrorManager errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  JpegArena arena;
  const Request* request = nullptr;
  std::vector<uint8_t> rows;

  /// To be called where an error has jumped to.
  [[noreturn]] void fail() {
    jpeg_abort_decompress(&info);
    request->fail("expected a JPEG file that decodes, got: {}", errors.message);
  }

  /// Cuts `wanted` out, columns widened to what decodes exactly, where that is worth it. Returns the first column.
  int cut_columns(const Window& wanted) {
    JDIMENSION left = static_cast<JDIMENSION>(std::max(wanted.left - kMargin, 0));
    const JDIMENSION right = std::min(static_cast<JDIMENSION>(wanted.left + wanted.width + kMargin), info.output_width);
    JDIMENSION width = right - left;
    if (width > info.output_width - info.output_width / 8) return 0;
    jpeg_crop_scanline(&info, &left, &width);
    return static_cast<int>(left);
  }

  /// As many rows as libjpeg has ready, up to `count`, into `to`.
  int read_rows(uint8_t* to, size_t stride, int count) {
    JSAMPROW pointers[kMaxRows];
    for (int i = 0; i < count; ++i) pointers[i] = to + stride * static_cast<size_t>(i);
    int got = 0;
    while (got < count)
      got += static_cast<int>(jpeg_read_scanlines(&info, pointers + got, static_cast<JDIMENSION>(count - got)));
    return got;
  }
};

JpegReader::JpegReader() : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.info.err = jpeg_std_error(&s.errors.base);
  s.errors.base.error_exit = error_exit;
  s.errors.base.emit_message = ignore_message;
  if (setjmp(s.errors.back)) throw EnvironmentError("image", "expected memory to decode JPEG files, got none");
  jpeg_create_decompress(&s.info);
  s.arena.serve(reinterpret_cast<j_common_ptr>(&s.info));
  s.source.init_source = [](j_decompress_ptr) {};
  s.source.fill_input_buffer = out_of_data;
  s.source.skip_input_data = skip_data;
  s.source.resync_to_restart = jpeg_resync_to_restart;
  s.source.term_source = [](j_decompress_ptr) {};
  s.info.src = &s.source;
  s.progress.progress_monitor = limit_scans;
  s.info.progress = &s.progress;
}

JpegReader::~JpegReader() {
  jpeg_destroy_decompress(&state_->info);
}

JpegReader::Header JpegReader::open(const Request& request) {
  State& s = *state_;
  s.request = &request;
  jpeg_abort_decompress(&s.info);
  if (setjmp(s.errors.back)) s.fail();
  s.source.next_input_byte = request.data();
  s.source.bytes_in_buffer = request.bytes.size();
  jpeg_save_markers(&s.info, JPEG_APP0 + 1, request.want_orientation ? 0xffff : 0);
  jpeg_read_header(&s.info, TRUE);
  request.check_size(s.info.image_width, s.info.image_height);
  const int components = s.info.num_components;
  if (components != 1 && components != 3 && components != 4)
    request.fail("expected a JPEG file of 1, 3 or 4 components, got {}", components);
  return {static_cast<int>(s.info.image_width), static_cast<int>(s.info.image_height), components,
          request.want_orientation ? find_orientation(s.info) : 1};
}

void JpegReader::read(const Window& wanted, const std::function<void(const RowBlock&)>& take) {
  State& s = *state_;
  auto& info = s.info;
  if (setjmp(s.errors.back)) s.fail();
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  const int left = s.cut_columns(wanted);
  const size_t stride = size_t{info.output_width} * static_cast<size_t>(info.output_components);
  s.rows.resize(stride * kMaxRows);
  const int end = wanted.top + wanted.height;
  if (wanted.top > 0) jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(wanted.top));
  for (int y = wanted.top; y < end;) {
    const int count = s.read_rows(s.rows.data(), stride, std::min(kMaxRows, end - y));
    take({s.rows.data(), stride, y, count, left});
    y += count;
  }
  // The last row is decoded, for skipping all of the rest would not even look at it.
  if (const JDIMENSION left_over = info.output_height - info.output_scanline; left_over > 0) {
    if (left_over > 1) jpeg_skip_scanlines(&info, left_over - 1);
    s.read_rows(s.rows.data(), stride, 1);
  }
  jpeg_finish_decompress(&info);  // a missing end marker is an error
}

void JpegReader::read_into(Image& image) {
  State& s = *state_;
  auto& info = s.info;
  if (setjmp(s.errors.back)) s.fail();
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&info);
  if (cmyk) s.rows.resize(size_t{4} * info.output_width);
  for (int y = 0; y < image.height; ++y) {
    uint8_t* out = image.row(y);
    s.read_rows(cmyk ? s.rows.data() : out, 0, 1);
    if (cmyk) convert_cmyk_row(s.rows.data(), image.width, out);
  }
  jpeg_finish_decompress(&info);
}

Decoded decode_jpeg(const Request& request) {
  JpegReader reader;
  const JpegReader::Header header = reader.open(request);
  Decoded decoded{Image(header.width, header.height, 3), header.orientation};
  reader.read_into(decoded.image);
  return decoded;
}

}  // namespace sensorium::image_detail
