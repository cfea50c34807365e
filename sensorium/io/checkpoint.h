#pragma once
// The weights of a checkpoint folder, however many files they lie in.

#include "sensorium/io/safetensors.h"

namespace sensorium {

/// All tensors of a checkpoint folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names, or
/// the same under the names of diffusers (`diffusion_pytorch_model`) and open_clip (`open_clip_model`), in this order.
/// A path to one .safetensors file is taken as it is. Views live as long as the reader. Thread-safe to read.
class CheckpointReader {
 public:
  /// Throws InputError when no weights are there, the index and its shards disagree, or a shard's name leaves the
  /// folder; and whatever SafetensorsFile throws.
  explicit CheckpointReader(const fs::path& path);
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  bool contains(const std::string& name) const { return tensors_.count(name) > 0; }
  /// Throws InputError naming the file and the tensor when there is none of that name.
  const TensorView& at(const std::string& name) const;
  /// The weights file or index that was opened.
  const fs::path& path() const { return path_; }

 private:
  void open_index();
  fs::path path_;
  std::vector<SafetensorsFile> files_;
  std::map<std::string, TensorView> tensors_;
};

/// Writes tensors to a folder (created if missing) as `model.safetensors`, or, when they take more than
/// `max_shard_bytes`, as `model-00001-of-0000N.safetensors` in the given order with `model.safetensors.index.json`;
/// each file carries the metadata {"format": "pt"}. Weights of an earlier checkpoint in that folder are removed once
/// the new ones are complete. Each file is atomic; a folder of several is not, so write to a new folder where that
/// matters.
void write_checkpoint(const fs::path& folder, const NamedTensors& tensors,
                      uint64_t max_shard_bytes = uint64_t{5'000'000'000});

}  // namespace sensorium
