#include "sensorium/base/error.h"
#include "sensorium/data/cldr_annotations.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    const CldrAnnotations read = read_cldr_annotations(fuzz::file_of(data, size, ".xml"));
    if (read.order.size() != read.annotations.size()) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
