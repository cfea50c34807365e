#include "sensorium/base/error.h"
#include "sensorium/eval/item_file.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    read_items(fuzz::file_of(data, size, ".jsonl"));
  } catch (const Error&) {
  }
  return 0;
}
