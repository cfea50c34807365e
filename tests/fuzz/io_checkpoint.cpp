// The index of a checkpoint in shards, and after a NUL its second shard. The first shard is sound.
#include "sensorium/base/error.h"
#include "sensorium/io/checkpoint.h"
#include "tests/fuzz/temporary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  std::string_view rest = fuzz::view_of(data, size);
  const fs::path folder = fuzz::fresh_folder();
  const float values[] = {1, 2};
  write_safetensors(folder / "1.safetensors", {{"a", TensorView::of(values, {2})}, {"b", TensorView::of(values, {1})}});
  fuzz::put_file(folder / "model.safetensors.index.json", fuzz::take_part(rest));
  fuzz::put_file(folder / "2.safetensors", rest);
  try {
    const CheckpointReader reader(folder);
    for (const auto& [name, view] : reader.tensors())
      if (reader.at(name).data.size() != view.data.size()) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
