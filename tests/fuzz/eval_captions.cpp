#include "sensorium/base/error.h"
#include "sensorium/eval/caption_files.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  try {
    const CaptionsById captions = read_captions(fuzz::file_of(data, size, ".json"));
    match_captions(captions, captions, "fuzz");
  } catch (const Error&) {
  }
  return 0;
}
