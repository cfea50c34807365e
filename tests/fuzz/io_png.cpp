#include "tests/fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sensorium::fuzz::decode(data, size, "\x89PNG\r\n\x1a\n");
  return 0;
}
