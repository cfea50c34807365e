// The files of a sentence encoder, NULs between them.
#include "sensorium/base/error.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  fs::create_directory(folder / "1_Pooling");
  for (const char* name : {"config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"})
    if (!rest.empty()) fuzz::put_file(folder / name, fuzz::take_part(rest));
  try {
    read_sentence_encoder_config(folder);
  } catch (const Error&) {
  }
  return 0;
}
