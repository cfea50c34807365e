#include "tests/fuzz/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace std::string_view_literals;
  sensorium::fuzz::decode(data, size, size > 0 && data[0] == 'M' ? "MM\0*"sv : "II*\0"sv);
  return 0;
}
