// That preparing pictures allocates nothing once it has begun. A program of its own, for its malloc counts.

#include "sensorium/io/image_encode.h"
#include "sensorium/io/image_pipeline.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>

namespace {

std::atomic<size_t> calls{0};

}  // namespace

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);

void* malloc(size_t n) {
  ++calls;
  return __libc_malloc(n);
}
void* calloc(size_t n, size_t size) {
  ++calls;
  return __libc_calloc(n, size);
}
void* realloc(void* old, size_t n) {
  ++calls;
  return __libc_realloc(old, n);
}
}

using namespace sensorium;

TEST_CASE("the picture pipeline allocates nothing for JPEG files after the first of a size") {
  std::vector<std::string> files;
  for (const auto& [width, height] : {std::pair{300, 200}, {200, 300}, {224, 224}, {90, 400}})
    for (const int channels : {1, 3}) {
      Image image(width, height, channels);
      for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * i / 1000);
      files.push_back(encode_jpeg(image));
    }
  const ImageProcessor processor{ImageProcessorConfig{}};
  ImagePipeline pipeline(processor);
  std::vector<uint8_t> out(processor.output_size());
  const auto run_all = [&] {
    for (const std::string& file : files)
      pipeline.run(std::as_bytes(std::span(file)), "a name that is longer than a small string", out.data());
  };
  run_all();
  const size_t before = calls;
  CHECK(before > 0);
  run_all();
  run_all();
  CHECK(calls - before == 0);
}
