#include "sensorium/io/image_encode.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>
#include <png.h>

namespace sensorium {
namespace {

void append(png_structp png, png_bytep data, size_t n) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(data), n);
}

void check_channels(const Image& image, bool alpha_allowed) {
  if (image.channels != 1 && image.channels != 3 && !(alpha_allowed && image.channels == 4))
    throw UsageError("image", "expected {} channels to write, got {}", alpha_allowed ? "1, 3 or 4" : "1 or 3",
                     image.channels);
}

}  // namespace

std::string encode_png(const Image& image) {
  check_channels(image, true);
  if (image.width < 1 || image.height < 1)
    throw UsageError("image", "expected at least 1x1 pixels, got {}x{}", image.width, image.height);
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    throw EnvironmentError("image", "expected to write a PNG of {}x{}, got a failure", image.width, image.height);
  }
  png_set_write_fn(png, &out, append, nullptr);
  const int type = image.channels == 1   ? PNG_COLOR_TYPE_GRAY
                   : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                         : PNG_COLOR_TYPE_RGBA;
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8, type,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < image.height; ++y) png_write_row(png, image.row(y));
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

std::string encode_jpeg(const Image& image, int quality) {
  check_channels(image, false);
  if (image.width < 1 || image.height < 1 || std::max(image.width, image.height) > JPEG_MAX_DIMENSION)
    throw UsageError("image", "expected 1 to {} pixels a side for JPEG, got {}x{}", JPEG_MAX_DIMENSION, image.width,
                     image.height);
  jpeg_compress_struct info{};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  errors.error_exit = [](j_common_ptr) { SENSORIUM_ASSERT(!"encoding checked pixels cannot fail"); };
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(image.row(static_cast<int>(info.next_scanline)));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string out(reinterpret_cast<char*>(buffer), size);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return out;
}

}  // namespace sensorium
