#pragma once
// Low-rank adapters in the files of the peft library: adapter_config.json and adapter_model.safetensors.

#include "sensorium/models/blip/blip.h"
#include "sensorium/models/dual_encoder.h"

#include <type_traits>

namespace sensorium {

/// What adapter_config.json says, as far as it is supported: plain LoRA of one rank on linear layers.
struct LoraConfig {
  int64_t rank = 8;
  double alpha = 8;
  bool rank_stabilized = false;  // scale alpha / sqrt(rank) instead of alpha / rank
  std::vector<std::string> target_modules = {"q_proj", "v_proj"};

  float scale() const {
    return static_cast<float>(rank_stabilized ? alpha / std::sqrt(static_cast<double>(rank))
                                              : alpha / static_cast<double>(rank));
  }
  /// Whether a layer of this path gets an adapter: its last name is among the targets.
  bool targets(const std::string& module) const;
  bool operator==(const LoraConfig&) const = default;
};

/// Throws InputError naming the file for other kinds of adapters.
LoraConfig read_lora_config(const fs::path& folder);
/// `base_model` stands as base_model_name_or_path.
void write_lora_config(const LoraConfig& config, const std::string& base_model, const fs::path& folder);

/// What is to be done with an adapted layer and its path.
template <class T>
using LoraLayer = std::function<void(const std::string&, Linear<T>&)>;

// `Model` is DualEncoder or Blip.

/// f(path, Linear<T>&) for every linear layer that `config` targets, the attention's among them. Paths are those of the
/// model's layout. Throws InputError when there is none.
template <template <class> class Model, class T>
void visit_lora_layers(Model<T>& model, const LoraConfig& config, const std::type_identity_t<LoraLayer<T>>& f);

/// Puts the folder's adapters beside the model's weights. Throws InputError for missing, misshapen or left-over
/// tensors.
template <template <class> class Model, class T>
LoraConfig load_adapter(Model<T>& model, const fs::path& folder);

/// Adds every adapter to its weight, W += scale B A, and removes it.
template <template <class> class Model, class T>
void merge_adapters(Model<T>& model, const LoraConfig& config);

/// Writes the adapters of a model as peft's two files; `base_model` stands as base_model_name_or_path.
template <template <class> class Model, class T>
void save_adapter(const Model<T>& model, const LoraConfig& config, const std::string& base_model,
                  const fs::path& folder);

/// A fresh adapter as Hu et al. (2021) begin: A uniform (as peft's), B 0, so that nothing
/// changes at first.
template <template <class> class Model, class T>
void add_adapters(Model<T>& model, const LoraConfig& config, uint64_t seed);

}  // namespace sensorium
