#include "sensorium/data/vqa.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path file = fuzz::file_of(data, size, ".json");
  fuzz::read_source([&] { return open_vqa(file, file, "/"); });
  return 0;
}
