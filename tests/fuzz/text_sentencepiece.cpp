// A SentencePiece model.
#include "tests/fuzz/text_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "spiece.model", fuzz::view_of(data, size));
  fuzz::load_and_use(folder, true);
  return 0;
}
