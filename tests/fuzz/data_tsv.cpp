#include "sensorium/data/table.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path file = fuzz::file_of(data, size, ".tsv");
  fuzz::read_source([&] { return open_table(file, "/", {}, {}); });
  return 0;
}
