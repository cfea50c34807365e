// The streaming path of JPEG files, which cuts and skips.

#include "sensorium/base/error.h"
#include "sensorium/io/image_pipeline.h"

#include <algorithm>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  static const ImageProcessor processor = [] {
    ImageProcessorConfig config;
    config.resize_height = config.resize_width = config.crop_height = config.crop_width = 20;
    return ImageProcessor(config);
  }();
  DecodeOptions options;
  options.limits.pixels = 1 << 18;
  static ImagePipeline pipeline(processor, options);
  std::vector<uint8_t> bytes(data, data + size);
  const uint8_t start[] = {0xff, 0xd8, 0xff};
  std::copy_n(start, std::min<size_t>(size, 3), bytes.begin());
  std::vector<uint8_t> out(processor.output_size());
  try {
    pipeline.run(std::as_bytes(std::span(bytes)), "fuzz", out.data());
  } catch (const Error&) {
  }
  return 0;
}
