#pragma once
// What tests of weights share: the embeddings that a model gives, and files of weights changed.

#include "sensorium/io/safetensors.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/rt/rt_ops.h"

#include <functional>

namespace sensorium::test {

inline rt::Tensor some_pixels(int64_t n, int64_t size) {
  std::vector<float> values(static_cast<size_t>(n * 3 * size * size));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * 2654435761u >> 8) % 1000) / 500.0f - 1;
  return rt::Tensor::from_float(values.data(), {n, 3, size, size});
}

inline const TokenBatch kTokens{2, 6, {0, 5, 9, 39, 1, 1, 0, 8, 7, 6, 39, 1}, {1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0}, {}};

struct Embeds {
  std::vector<float> images, texts;
  bool operator==(const Embeds&) const = default;
};

inline Embeds embeds_of(const DualEncoder<rt::Tensor>& m) {
  const int64_t size = m.config.image_size() ? m.config.image_size() : 40;
  return {encode_image(m, some_pixels(2, size)).to_float(), encode_text(m, kTokens).to_float()};
}

/// Writes the tensors of a folder's model.safetensors anew after `change`.
inline void change_weights(const fs::path& folder, const std::function<void(NamedTensors&)>& change) {
  const fs::path weights = folder / "model.safetensors";
  write_file(folder / "old.safetensors", read_file(weights));
  const SafetensorsFile old(folder / "old.safetensors");
  NamedTensors tensors(old.tensors().begin(), old.tensors().end());
  change(tensors);
  write_safetensors(weights, tensors, {{"format", "pt"}});
}

}  // namespace sensorium::test
