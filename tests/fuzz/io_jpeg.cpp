#include "tests/fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sensorium::fuzz::decode(data, size, "\xff\xd8\xff");
  return 0;
}
