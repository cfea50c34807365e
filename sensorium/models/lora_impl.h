#pragma once
// Definitions of lora.h for any tensor type whose op set was included before.

#include "sensorium/io/safetensors.h"
#include "sensorium/models/lora.h"
#include "sensorium/models/weight_io.h"

namespace sensorium {

template <class T>
class LoraVisitor : public WeightVisitor<T> {
 public:
  LoraVisitor(const LoraConfig& config, const LoraLayer<T>& layer) : config_(config), layer_(layer) {}
  void weight(const WeightSpec&, T&) override {}
  void linear(const std::string& module, Linear<T>& l) override {
    if (!config_.targets(module)) return;
    ++found;
    layer_(module, l);
  }
  void attention(const std::array<std::string, 4>& modules, SelfAttention<T>& a) override {
    Linear<T>* layers[4] = {&a.query, &a.key, &a.value, &a.output};
    for (size_t i = 0; i < 4; ++i) linear(modules[i], *layers[i]);
  }
  void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<T>& a) override {
    attention(modules, a);
  }
  int found = 0;

 private:
  const LoraConfig& config_;
  const LoraLayer<T>& layer_;
};

template <class T>
void describe_layers(DualEncoder<T>& model, WeightVisitor<T>& v) {
  describe(model, model.config.layout, v);
}
template <class T>
void describe_layers(Blip<T>& model, WeightVisitor<T>& v) {
  describe(model, v);
}

template <template <class> class Model, class T>
void visit_lora_layers(Model<T>& model, const LoraConfig& config, const std::type_identity_t<LoraLayer<T>>& f) {
  LoraVisitor<T> visitor(config, f);
  describe_layers(model, visitor);
  if (visitor.found == 0)
    throw InputError("lora", "expected layers named as one of target_modules (\"{}\", ...), got a model with none",
                     config.target_modules.empty() ? "" : config.target_modules.front());
}

/// peft's names of a layer's two matrices, as specifications.
inline WeightSpec lora_spec(const std::string& module, bool b, int64_t rows, int64_t columns) {
  return {.name = "base_model.model." + module + (b ? ".lora_B.weight" : ".lora_A.weight"),
          .shape = {rows, columns},
          .init = b ? Init{} : Init{0, 0, static_cast<float>(1 / std::sqrt(static_cast<double>(columns)))}};
}

template <template <class> class Model, class T>
LoraConfig load_adapter(Model<T>& model, const fs::path& folder) {
  const LoraConfig config = read_lora_config(folder);
  WeightSource source(folder / "adapter_model.safetensors", (folder / "adapter_config.json").string());
  LoadVisitor<T> load(source);
  visit_lora_layers(model, config, [&](const std::string& module, Linear<T>& l) {
    const std::vector<int64_t> shape = TensorTraits<T>::shape(l.weight);
    load.weight(lora_spec(module, false, config.rank, shape[1]), l.lora_a);
    load.weight(lora_spec(module, true, shape[0], config.rank), l.lora_b);
    l.lora_scale = config.scale();
  });
  source.check_all_read();
  prepare_weights(model);
  return config;
}

template <template <class> class Model, class T>
void add_adapters(Model<T>& model, const LoraConfig& config, uint64_t seed) {
  FreshVisitor<T> fresh(seed);
  visit_lora_layers(model, config, [&](const std::string& module, Linear<T>& l) {
    const std::vector<int64_t> shape = TensorTraits<T>::shape(l.weight);
    fresh.weight(lora_spec(module, false, config.rank, shape[1]), l.lora_a);
    fresh.weight(lora_spec(module, true, shape[0], config.rank), l.lora_b);
    l.lora_scale = config.scale();
  });
  prepare_weights(model);
}

template <template <class> class Model, class T>
void merge_adapters(Model<T>& model, const LoraConfig& config) {
  visit_lora_layers(model, config, [&](const std::string&, Linear<T>& l) {
    if (!is_defined(l.lora_a)) return;
    const std::vector<int64_t> shape = TensorTraits<T>::shape(l.weight);
    const auto a = TensorTraits<T>::to_float(l.lora_a), b = TensorTraits<T>::to_float(l.lora_b);
    auto w = TensorTraits<T>::to_float(l.weight);
    const auto in = static_cast<size_t>(shape[1]), rank = static_cast<size_t>(config.rank);
    for (size_t o = 0; o < static_cast<size_t>(shape[0]); ++o)
      for (size_t i = 0; i < in; ++i) {
        double sum = 0;
        for (size_t r = 0; r < rank; ++r)
          sum += static_cast<double>(b[o * rank + r]) * static_cast<double>(a[r * in + i]);
        w[o * in + i] += static_cast<float>(static_cast<double>(l.lora_scale) * sum);
      }
    l.weight = TensorTraits<T>::from_float(w.data(), shape);
    l.lora_a = l.lora_b = T();
    l.lora_scale = 0;
  });
  prepare_weights(model);
}

template <template <class> class Model, class T>
void save_adapter(const Model<T>& model, const LoraConfig& config, const std::string& base_model,
                  const fs::path& folder) {
  Model<T> m = model;
  std::vector<std::vector<float>> values;
  NamedTensors tensors;
  // Moving a vector keeps its elements in place, so the views stay valid as `values` grows.
  const auto add = [&](const WeightSpec& spec, const T& value) {
    values.push_back(TensorTraits<T>::to_float(value));
    tensors.emplace_back(spec.name, TensorView::of(values.back().data(), spec.shape));
  };
  visit_lora_layers(m, config, [&](const std::string& module, Linear<T>& l) {
    const std::vector<int64_t> shape = TensorTraits<T>::shape(l.weight);
    add(lora_spec(module, false, config.rank, shape[1]), l.lora_a);
    add(lora_spec(module, true, shape[0], config.rank), l.lora_b);
  });
  make_directories(folder);
  write_safetensors(folder / "adapter_model.safetensors", tensors, {{"format", "pt"}});
  write_lora_config(config, base_model, folder);
}

}  // namespace sensorium
