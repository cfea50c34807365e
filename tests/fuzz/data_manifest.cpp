#include "sensorium/base/error.h"
#include "sensorium/data/record.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Record record = record_from_json(parse_json(text, "input"), "input");
    std::string json;
    append_json(json, record);
    if (!(record_from_json(parse_json(json, "output"), "output") == record)) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
