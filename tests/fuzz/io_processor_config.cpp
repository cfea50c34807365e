#include "sensorium/base/error.h"
#include "sensorium/io/image_processor.h"

#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    const Json json = parse_json(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    try {
      ImageProcessor::from_open_clip(json, 32, "fuzz");
    } catch (const Error&) {
    }
    const ImageProcessor processor = ImageProcessor::from_json(json, "fuzz");
    if (processor.output_size() > 100'000) return 0;
    processor.process(Image(13, 7)).to_float();
    if (ImageProcessor::from_json(Json(processor.to_json()), "again").config() != processor.config()) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
