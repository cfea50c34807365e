// The metadata in a drawing.
#include "sensorium/data/openclipart.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "drawing_by_someone_01.svg", fuzz::view_of(data, size));
  fuzz::read_source([&] { return open_openclipart(folder, {}, 32); });
  return 0;
}
