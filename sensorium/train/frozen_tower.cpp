#include "sensorium/train/frozen_tower.h"

#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/torch/ops.h"

#include <algorithm>
#include <map>

namespace sensorium {
namespace {

/// Weights of `from` whose names begin with `prefix`, into `to`, and all of its layers packed.
template <class Model, class Lean>
void copy_weights(Model from, const std::string& prefix, Lean& to) {
  std::map<std::pair<std::string, int>, torch::Tensor> values;
  visit_weights(from, [&](const WeightSpec& spec, torch::Tensor& value) {
    if (spec.name.starts_with(prefix)) values[{spec.name, spec.part}] = value;
  });
  visit_weights(to, [&](const WeightSpec& spec, rt::Tensor& value) {
    const auto found = values.find({spec.name, spec.part});
    if (found == values.end()) return;
    value = rt::Tensor::from_float(TensorTraits<torch::Tensor>::to_float(found->second).data(), spec.shape);
  });
  prepare_weights(to);
}

void apply(const LeanArithmetic& arithmetic) {
  rt::set_precision(arithmetic.precision);
  rt::set_num_threads(arithmetic.threads);
}

}  // namespace

DualEncoder<rt::Tensor> lean_copy(const DualEncoder<torch::Tensor>& model, const LeanArithmetic& arithmetic) {
  apply(arithmetic);
  auto lean = make_dual_encoder<rt::Tensor>(model.config, 0);
  copy_weights(model, "", lean);
  return lean;
}

BlipVision<rt::Tensor> lean_vision(const Blip<torch::Tensor>& model, const LeanArithmetic& arithmetic) {
  apply(arithmetic);
  auto lean = make_blip<rt::Tensor>(model.config, 0);
  copy_weights(model, "vision_model.", lean);
  return lean.vision;
}

void mirror(Pixels& pixels) {
  for (auto line = pixels.bytes.begin(); line != pixels.bytes.end(); line += pixels.width)
    std::reverse(line, line + pixels.width);
}

torch::Tensor to_torch(const rt::Tensor& values) {
  const std::vector<int64_t> shape = TensorTraits<rt::Tensor>::shape(values);
  return TensorTraits<torch::Tensor>::from_float(values.to_float().data(), shape);
}

}  // namespace sensorium
