#include "sensorium/train/momentum_towers.h"

#include "sensorium/base/rng.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

/// What the contrast needs and what trains of it: towers and projections, not the decoder.
bool is_slow(const std::string& name, const Tensor& fast) {
  return fast.requires_grad() && !name.starts_with("text_decoder.") && !name.starts_with("itm_head.") &&
         name != "temp#0";
}

/// f(name, value) for every weight, those of adapters included; parts of a fused tensor have names of their own.
void visit_values(TorchBlip& model, const std::optional<LoraConfig>& lora,
                  const std::function<void(const std::string&, Tensor&)>& f) {
  if (lora)
    visit_lora_layers(model, *lora, [&](const std::string& module, Linear<Tensor>& layer) {
      f(module + ".lora_A", layer.lora_a);
      f(module + ".lora_B", layer.lora_b);
    });
  visit_weights(model,
                [&](const WeightSpec& spec, Tensor& value) { f(fmt::format("{}#{}", spec.name, spec.part), value); });
}

Tensor unit_columns(int64_t width, int64_t columns, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const Tensor noise = torch::randn({width, columns}, generator);
  return noise / noise.norm(2, 0, true);
}

}  // namespace

MomentumTowers::MomentumTowers(TrainableBlip& fast, int64_t queue_size, uint64_t seed)
    : slow_(fast.model), lora_(fast.lora) {
  torch::NoGradGuard no_grad;
  torch::Device device(torch::kCPU);
  visit_values(slow_, lora_, [&](const std::string& name, Tensor& value) {
    device = value.device();
    if (is_slow(name, value)) names_.insert(name), value = value.detach().clone();
  });
  slow_.text_encoder.dropout = 0;
  const int64_t width = slow_.config.image_text_hidden_size;
  image_queue_ = unit_columns(width, queue_size, mix_seed(seed, {1})).to(device);
  text_queue_ = unit_columns(width, queue_size, mix_seed(seed, {2})).to(device);
  ids_queue_ = torch::full({queue_size}, -100, torch::TensorOptions(torch::kLong).device(device));
  pointer_ = torch::zeros({1}, torch::TensorOptions(torch::kLong));
}

void MomentumTowers::follow(TrainableBlip& fast, double momentum) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> values;
  visit_values(fast.model, lora_, [&](const std::string& name, Tensor& value) {
    if (names_.contains(name)) values.push_back(value);
  });
  size_t next = 0;
  visit_values(slow_, lora_, [&](const std::string& name, Tensor& value) {
    if (names_.contains(name)) value.mul_(momentum).add_(values[next++], 1 - momentum);
  });
}

Tensor MomentumTowers::look(const Tensor& pixels) const {
  torch::NoGradGuard no_grad;
  return encode_pixels<Tensor>(slow_.vision, pixels);
}

MomentumFeatures MomentumTowers::features(const Tensor& states, const TokenBatch& texts,
                                          const std::vector<int64_t>& ids) {
  torch::NoGradGuard no_grad;
  MomentumFeatures f;
  f.image = contrast_image<Tensor>(slow_, states.detach()).to(torch::kFloat);
  f.text = contrast_text<Tensor>(slow_, texts).to(torch::kFloat);
  f.image_queue = image_queue_;
  f.text_queue = text_queue_;
  f.ids = torch::tensor(ids, torch::kLong).to(ids_queue_.device());
  f.ids_queue = ids_queue_;
  return f;
}

void MomentumTowers::push(const MomentumFeatures& batch) {
  torch::NoGradGuard no_grad;
  const int64_t pointer = pointer_.item<int64_t>(), rows = batch.image.size(0), size = ids_queue_.size(0);
  push_to_queue(image_queue_, batch.image, pointer);
  push_to_queue(text_queue_, batch.text, pointer);
  Tensor ids = ids_queue_.unsqueeze(0);  // one row of columns
  push_to_queue(ids, batch.ids.unsqueeze(1), pointer);
  pointer_.fill_((pointer + rows) % size);
}

Parameters MomentumTowers::state() {
  Parameters state;
  visit_values(slow_, lora_, [&](const std::string& name, Tensor& value) {
    if (names_.contains(name)) state.push_back({"slow." + name, value});
  });
  state.push_back({"queue.image", image_queue_});
  state.push_back({"queue.text", text_queue_});
  state.push_back({"queue.ids", ids_queue_});
  state.push_back({"queue.pointer", pointer_});
  return state;
}

}  // namespace sensorium
