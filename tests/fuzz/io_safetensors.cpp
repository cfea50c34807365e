#include "sensorium/base/error.h"
#include "sensorium/io/safetensors.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    const SafetensorsFile file(fuzz::file_of(data, size));
    for (const auto& [name, view] : file.tensors()) {
      try {
        to_float32(view);
      } catch (const Error&) {
      }
    }
  } catch (const Error&) {
  }
  return 0;
}
