// adapter_config.json of a LoRA: what is written of what was read is read again.
#include "sensorium/base/error.h"
#include "sensorium/models/lora.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const fs::path folder = fuzz::fresh_folder();
  fuzz::put_file(folder / "adapter_config.json", fuzz::view_of(data, size));
  try {
    const LoraConfig config = read_lora_config(folder);
    config.targets("encoder.layers.0.q_proj");
    write_lora_config(config, "base", folder);
    if (read_lora_config(folder).rank != config.rank) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
