// model.json of a TensorFlow.js model, and after a NUL its one shard of weights.
#include "sensorium/apps/tfjs.h"
#include "sensorium/base/error.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "model.json", fuzz::take_part(rest));
  fuzz::put_file(folder / "shard", rest);
  try {
    const TfjsModel model(folder / "model.json");
    if (model.has_layer("a")) model.layer("a");
    model.weight("a/kernel", 4);
  } catch (const Error&) {
  }
  return 0;
}
