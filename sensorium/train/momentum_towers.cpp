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
  return fast.requires_grad() && !name.starts_with("text_decoder.") && !name.starts_with("itm_head.") && name != "temp";
}

Tensor unit_columns(int64_t width, int64_t columns, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const Tensor noise = torch::randn({width, columns}, generator);
  return noise / noise.norm(2, 0, true);
}

}  // namespace

MomentumTowers::MomentumTowers(TorchBlip& fast, int64_t queue_size, uint64_t seed) : slow_(fast) {
  torch::NoGradGuard no_grad;
  torch::Device device(torch::kCPU);
  visit_weights(slow_, [&](const WeightSpec& spec, Tensor& value) {
    device = value.device();
    if (is_slow(spec.name, value)) names_.insert(spec.name), value = value.detach().clone();
  });
  slow_.text_encoder.dropout = 0;
  const int64_t width = slow_.config.image_text_hidden_size;
  image_queue_ = unit_columns(width, queue_size, mix_seed(seed, {1})).to(device);
  text_queue_ = unit_columns(width, queue_size, mix_seed(seed, {2})).to(device);
  ids_queue_ = torch::full({queue_size}, -100, torch::TensorOptions(torch::kLong).device(device));
  pointer_ = torch::zeros({1}, torch::TensorOptions(torch::kLong));
}

void MomentumTowers::follow(TorchBlip& fast, double momentum) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> values;
  visit_weights(fast, [&](const WeightSpec& spec, Tensor& value) {
    if (names_.contains(spec.name)) values.push_back(value);
  });
  size_t next = 0;
  visit_weights(slow_, [&](const WeightSpec& spec, Tensor& value) {
    if (names_.contains(spec.name)) value.mul_(momentum).add_(values[next++], 1 - momentum);
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
  visit_weights(slow_, [&](const WeightSpec& spec, Tensor& value) {
    if (names_.contains(spec.name)) state.push_back({fmt::format("slow.{}#{}", spec.name, spec.part), value});
  });
  state.push_back({"queue.image", image_queue_});
  state.push_back({"queue.text", text_queue_});
  state.push_back({"queue.ids", ids_queue_});
  state.push_back({"queue.pointer", pointer_});
  return state;
}

}  // namespace sensorium
