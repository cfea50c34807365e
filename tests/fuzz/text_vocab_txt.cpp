// vocab.txt, and after NULs tokenizer_config.json and special_tokens_map.json.
#include "tests/fuzz/text_samples.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "vocab.txt", fuzz::take_part(rest));
  const std::string_view config = fuzz::take_part(rest);
  if (!config.empty()) fuzz::put_file(folder / "tokenizer_config.json", config);
  if (!rest.empty()) fuzz::put_file(folder / "special_tokens_map.json", rest);
  fuzz::load_and_use(folder, false);
  return 0;
}
