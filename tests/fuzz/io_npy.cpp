#include "sensorium/base/error.h"
#include "sensorium/io/npy.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    to_float32(NpyFile(fuzz::file_of(data, size)).tensor());
  } catch (const Error&) {
  }
  return 0;
}
