#pragma once
// Weights of a model that trains: read out of a tower's own checkpoint, taken as parameters, replaced when it is saved.

#include "sensorium/models/lora.h"
#include "sensorium/models/weight_io.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/parameters.h"

#include <functional>
#include <map>

namespace sensorium {

/// Reads the weights of the tower whose names begin with `prefix`. `stored` gives the name in the source for one
/// without the prefix; "" leaves the weight as it is.
class TowerVisitor : public WeightVisitor<torch::Tensor> {
 public:
  TowerVisitor(WeightSource& source, std::string prefix, std::function<std::string(const std::string&)> stored)
      : source_(source), prefix_(std::move(prefix)), stored_(std::move(stored)) {}
  void weight(const WeightSpec& spec, torch::Tensor& value) override {
    if (!spec.name.starts_with(prefix_)) return;
    WeightSpec own = spec;
    own.name = stored_(spec.name.substr(prefix_.size()));
    if (!own.name.empty()) value = TensorTraits<torch::Tensor>::from_float(source_.read(own).data(), own.shape);
  }

 private:
  WeightSource& source_;
  std::string prefix_;
  std::function<std::string(const std::string&)> stored_;
};

/// Moves a model to the device. Of its weights those for whose name `trains` says so now require gradients, buffers
/// never; gives them by their name in the checkpoint ("NAME#1" for the second part of a fused tensor).
template <class Model, class Trains>
Parameters take_parameters(Model& model, const torch::Device& device, Trains&& trains) {
  Parameters parameters;
  visit_weights(model, [&](const WeightSpec& spec, torch::Tensor& value) {
    value = value.to(device);
    const bool train = !spec.buffer && trains(spec.name);
    value.set_requires_grad(train);
    if (train) parameters.push_back({spec.part == 0 ? spec.name : fmt::format("{}#{}", spec.name, spec.part), value});
  });
  return parameters;
}

/// Moves a model's adapters to the device and adds them to what trains.
template <class Model>
void take_adapters(Model& model, const LoraConfig& lora, const torch::Device& device, Parameters& parameters) {
  visit_lora_layers(model, lora, [&](const std::string& module, Linear<torch::Tensor>& layer) {
    layer.lora_a = layer.lora_a.to(device).set_requires_grad(true);
    layer.lora_b = layer.lora_b.to(device).set_requires_grad(true);
    parameters.push_back({module + ".lora_A.weight", layer.lora_a});
    parameters.push_back({module + ".lora_B.weight", layer.lora_b});
  });
}

/// Puts other values in the parameters' places, in a copy of the model that shares its weights; none where `values` is
/// empty.
class Replacement {
 public:
  Replacement(const Parameters& parameters, const std::vector<torch::Tensor>& values) {
    for (size_t i = 0; i < values.size(); ++i) values_[parameters[i].value.unsafeGetTensorImpl()] = values[i];
  }
  void operator()(torch::Tensor& value) const {
    if (const auto it = values_.find(value.unsafeGetTensorImpl()); it != values_.end()) value = it->second;
  }

 private:
  std::map<const void*, torch::Tensor> values_;
};

/// Writes a model's adapters, with the replaced values, to `folder`/adapter, and merges them into its weights.
template <class Model>
void save_and_merge_adapters(Model& model, const LoraConfig& lora, const Replacement& replace, const fs::path& folder) {
  visit_lora_layers(model, lora, [&](const std::string&, Linear<torch::Tensor>& layer) {
    replace(layer.lora_a);
    replace(layer.lora_b);
  });
  save_adapter(model, lora, "", folder / "adapter");
  merge_adapters(model, lora);
}

}  // namespace sensorium
