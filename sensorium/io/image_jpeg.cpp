// JPEG through libjpeg-turbo with its defaults (accurate integer DCT, fancy upsampling), which are Pillow's.

#include "sensorium/io/image_formats.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

namespace sensorium::image_detail {
namespace {

constexpr int kMaxScans = 500;  // a small progressive file can otherwise ask for hours of work

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

/// A decompressor reading from memory. After `setjmp(reader.errors.back)`, its methods may jump there.
struct Reader {
  jpeg_decompress_struct info{};
  ErrorManager errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};

  ~Reader() { jpeg_destroy_decompress(&info); }
  void open(const Request& request) {
    jpeg_create_decompress(&info);
    source.next_input_byte = request.data();
    source.bytes_in_buffer = request.bytes.size();
    source.init_source = [](j_decompress_ptr) {};
    source.fill_input_buffer = out_of_data;
    source.skip_input_data = skip_data;
    source.resync_to_restart = jpeg_resync_to_restart;
    source.term_source = [](j_decompress_ptr) {};
    info.src = &source;
    progress.progress_monitor = limit_scans;
    info.progress = &progress;
    if (request.want_orientation) jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
  }
};

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

Decoded decode_jpeg(const Request& request) {
  Decoded decoded;
  std::vector<uint8_t> cmyk_row;
  Reader reader;
  reader.info.err = jpeg_std_error(&reader.errors.base);
  reader.errors.base.error_exit = error_exit;
  reader.errors.base.emit_message = ignore_message;
  if (setjmp(reader.errors.back)) request.fail("expected a JPEG file that decodes, got: {}", reader.errors.message);

  auto& info = reader.info;
  reader.open(request);
  jpeg_read_header(&info, TRUE);
  request.check_size(info.image_width, info.image_height);
  const int components = info.num_components;
  if (components != 1 && components != 3 && components != 4)
    request.fail("expected a JPEG file of 1, 3 or 4 components, got {}", components);
  info.out_color_space = components == 4 ? JCS_CMYK : JCS_RGB;
  if (request.want_orientation) decoded.orientation = find_orientation(info);
  decoded.image = Image(static_cast<int>(info.image_width), static_cast<int>(info.image_height), 3);
  if (components == 4) cmyk_row.resize(size_t{4} * info.image_width);

  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    uint8_t* out = decoded.image.row(static_cast<int>(info.output_scanline));
    JSAMPROW row = components == 4 ? cmyk_row.data() : out;
    jpeg_read_scanlines(&info, &row, 1);
    if (components == 4) convert_cmyk_row(row, decoded.image.width, out);
  }
  jpeg_finish_decompress(&info);  // a missing end marker is an error
  return decoded;
}

}  // namespace sensorium::image_detail
