// tokenizer_config.json, which says whose class reads the model, and after a NUL the SentencePiece model.
#include "tests/fuzz/text_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "tokenizer_config.json", fuzz::take_part(rest));
  fuzz::put_file(folder / "spiece.model", rest);
  fuzz::load_and_use(folder, false);
  return 0;
}
