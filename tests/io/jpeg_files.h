#pragma once
// JPEG files of every kind of sampling, for tests of the decoder.

#include "sensorium/base/rng.h"
#include "sensorium/io/image.h"

#include <cstdio>
#include <cstdlib>
#include <string>
// jpeglib.h needs size_t and FILE declared before it.
#include <jpeglib.h>

namespace sensorium::test {

struct JpegKind {
  int across = 2, down = 2;  // samples of brightness for one of colour
  bool progressive = false;
  int restart_rows = 0;
};

/// A file of an image of 1 or 3 channels.
inline std::string jpeg_file(const Image& image, const JpegKind& kind) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 80, TRUE);
  if (image.channels == 3) {
    info.comp_info[0].h_samp_factor = kind.across;
    info.comp_info[0].v_samp_factor = kind.down;
  }
  if (kind.progressive) jpeg_simple_progression(&info);
  info.restart_in_rows = kind.restart_rows;
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

/// Waves with noise: neighbouring colours differ, so that wrong upsampling shows.
inline Image wavy_image(int width, int height, int channels, CounterRng& rng) {
  Image image(width, height, channels);
  const uint32_t a = 1 + rng.next_u32() % 9, b = 1 + rng.next_u32() % 9;
  size_t i = 0;
  for (uint8_t& p : image.pixels) {
    const auto x = static_cast<uint32_t>(i / static_cast<size_t>(channels) % static_cast<size_t>(width));
    const auto y = static_cast<uint32_t>(i / image.stride());
    p = static_cast<uint8_t>(a * x + b * y + 60 * static_cast<uint32_t>(i % 3) + rng.next_u32() % 32);
    ++i;
  }
  return image;
}

}  // namespace sensorium::test
