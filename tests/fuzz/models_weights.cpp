// A weights file as models ask for it: plain, fused, turned and packed tensors.
#include "sensorium/base/error.h"
#include "sensorium/models/weight_io.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "model.safetensors", fuzz::view_of(data, size));
  try {
    WeightSource source(folder, "config.json");
    const CheckpointReader reader(folder);
    for (const auto& [name, view] : reader.tensors()) {
      for (const bool transpose : {false, true}) {
        try {
          WeightSpec spec{.name = name, .shape = view.shape};
          if (transpose && view.shape.size() == 2) {
            spec.transpose = true;
            std::swap(spec.shape[0], spec.shape[1]);
          }
          source.read(spec);
          source.view(spec);
        } catch (const Error&) {
        }
      }
      try {
        source.packed(name.substr(0, name.rfind('.')));
      } catch (const Error&) {
      }
    }
    source.check_all_read({});
  } catch (const Error&) {
  }
  return 0;
}
