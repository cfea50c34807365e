#include "sensorium/train/modality_corruption.h"

#include "sensorium/base/rng.h"

#include <torch/torch.h>

#include <cmath>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr float kFullRange = 255;

Tensor normal_like(const Tensor& values, uint64_t seed) {
  Tensor noise = torch::empty(values.sizes());
  float* out = noise.data_ptr<float>();
  CounterRng rng(seed);
  for (int64_t i = 0; i < noise.numel(); ++i) out[i] = static_cast<float>(rng.normal());
  return noise;
}

/// Bytes again, rounded and cut at the ends of their range.
Tensor to_bytes(const Tensor& values) {
  return values.round().clamp(0, kFullRange).to(torch::kByte);
}

/// One item's values with noise.
Tensor noisy(const Tensor& values, const ModalitySpec& spec, const Tensor& deviation, double amount, uint64_t seed) {
  if (spec.kind == "picture")
    return to_bytes(values.to(torch::kFloat) + normal_like(values, seed) * (amount * kFullRange));
  if (spec.kind != "text") return values + normal_like(values, seed) * deviation * amount;
  Tensor ids = values.clone();
  CounterRng rng(seed);
  for (int64_t t = 0; t < ids.numel(); ++t) {
    const bool replaced = rng.uniform() < amount;
    const auto other = static_cast<int64_t>(rng.below(static_cast<uint64_t>(spec.inputs)));
    if (replaced) ids[t] = other;
  }
  return ids;
}

/// (B, 3, S, S) bytes, blurred along one axis after the other.
Tensor blurred(const Tensor& pixels, double sigma) {
  if (!(sigma > 0)) return pixels;
  const int64_t side = pixels.size(3), radius = std::max<int64_t>(1, std::lround(std::ceil(3 * sigma)));
  const Tensor at = torch::arange(-radius, radius + 1, torch::kFloat);
  Tensor kernel = torch::exp(at.square() / (-2 * sigma * sigma));
  kernel = kernel / kernel.sum();
  Tensor planes = pixels.to(torch::kFloat).view({-1, 1, side, side});
  const std::vector<int64_t> across{radius, radius, 0, 0}, down{0, 0, radius, radius};
  planes = torch::conv2d(torch::replication_pad2d(planes, across), kernel.view({1, 1, 1, -1}));
  planes = torch::conv2d(torch::replication_pad2d(planes, down), kernel.view({1, 1, -1, 1}));
  return to_bytes(planes).view(pixels.sizes());
}

}  // namespace

void corrupt(const ModalityCorruption& corruption, const ModalitySpec& spec, const Tensor& deviation,
             const std::vector<int64_t>& items, ModalityBatch& batch) {
  using Kind = ModalityCorruption::Kind;
  if (corruption.kind == Kind::missing) batch.present.zero_();
  if (!batch.values.defined()) return;
  if (corruption.kind == Kind::blur && spec.kind == "picture") batch.values = blurred(batch.values, corruption.amount);
  if (corruption.kind != Kind::noise) return;
  for (size_t k = 0; k < items.size(); ++k) {
    const auto row = static_cast<int64_t>(k);
    if (batch.present[row].item<float>() == 0) continue;
    // What is there without its padding, so that an item's noise does not depend on the longest beside it.
    Tensor there = batch.values[row];
    if (spec.kind != "picture") there = there.narrow(0, 0, batch.mask[row].sum().item<int64_t>());
    const uint64_t seed = mix_seed(corruption.seed, {static_cast<uint64_t>(items[k])});
    there.copy_(noisy(there.clone(), spec, deviation, corruption.amount, seed));
  }
}

}  // namespace sensorium
