#pragma once
// Writing the weights of a model as they are packed, for ReadyVisitor to find.

#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/models/weight_io.h"

namespace sensorium {

/// Plain weights as they are, packed ones as they are packed.
class PackedVisitor : public WeightVisitor<rt::Tensor> {
 public:
  explicit PackedVisitor(WeightSink& sink) : sink_(sink) {}
  void weight(const WeightSpec& spec, rt::Tensor& value) override {
    if (value.raw() != nullptr) sink_.add(spec, value.to_float());
  }
  void linear(const std::string& module, Linear<rt::Tensor>& layer) override { add(module, layer.weight); }
  void attention(const std::array<std::string, 4>& modules, SelfAttention<rt::Tensor>& layer) override {
    add(modules[0], layer.packed.weight);
    add(modules[3], layer.output.weight);
  }
  void cross_attention(const std::array<std::string, 4>& modules, SelfAttention<rt::Tensor>& layer) override {
    add(modules[0], layer.query.weight);
    add(modules[1], layer.packed.weight);
    add(modules[3], layer.output.weight);
  }
  void patches(const std::string& module, Conv2d<rt::Tensor>& layer) override { add(module, layer.weight); }
  void conv_norm(const std::string& module, Conv2d<rt::Tensor>& layer, BatchNorm2d<rt::Tensor>&) override {
    add(module, layer.weight);
  }

 private:
  void add(const std::string& module, const rt::Tensor& weight) {
    if (const auto packed = rt::packed_weight(weight)) sink_.add_packed(module, *packed);
  }
  WeightSink& sink_;
};

}  // namespace sensorium
