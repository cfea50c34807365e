// An archive of a model.
#include "sensorium/apps/unpack.h"
#include "sensorium/base/error.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  setenv("TMPDIR", "/dev/shm", 0);
  try {
    UnpackedFolder(fuzz::file_of(data, size)).find("model.json");
  } catch (const Error&) {
  }
  return 0;
}
