#include "sensorium/data/flickr.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path file = fuzz::file_of(data, size, ".token");
  fuzz::read_source([&] { return open_flickr(file, "/", {}); });
  return 0;
}
