// A stamp's description in many languages, with a mirrored picture and recordings beside it.
#include "sensorium/data/tuxpaint.h"
#include "tests/fuzz/data_source.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  for (const char* name : {"cat.png", "cat_mirror.svg", "cat.ogg", "cat_desc_pt_BR.ogg", "cat_desc.wav"})
    fuzz::put_file(folder / name, "");
  fuzz::put_file(folder / "cat.txt", fuzz::view_of(data, size));
  fuzz::read_source([&] { return open_tuxpaint(folder, {}, 32); });
  return 0;
}
