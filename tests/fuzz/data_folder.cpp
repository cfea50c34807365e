// Captions beside a picture, one a line.
#include "sensorium/data/folder.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "cat.png", "");
  fuzz::put_file(folder / "cat.txt", fuzz::view_of(data, size));
  fuzz::read_source([&] { return open_folder(folder, {}, 32); });
  return 0;
}
