#include "sensorium/train/image_states.h"

#include "sensorium/base/hash.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/autocast.h"
#include "sensorium/train/feature_cache.h"
#include "sensorium/train/frozen_tower.h"
#include "sensorium/train/picture_loader.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kChunk = 32;

/// Of the vision tower's weights alone: whatever text parts it stands beside, its states are the same.
std::string tower_hash(TorchBlip& model) {
  std::string hashes;
  visit_weights(model, [&](const WeightSpec& spec, Tensor& value) {
    if (!spec.name.starts_with("vision_model.")) return;
    const std::vector<float> values = TensorTraits<Tensor>::to_float(value);
    hashes += fmt::format("{}#{} ", spec.name, spec.part) +
              content_hash({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}) + "\n";
  });
  return content_hash(hashes);
}

/// What a row of the cache is named after: the picture's content, where the manifest has it.
std::vector<std::string> row_names(const PairData& data) {
  std::vector<std::string> names;
  for (const Record& r : data.records) names.push_back(r.hash.empty() ? content_hash("id " + r.id) : r.hash);
  return names;
}

// What a random number is for; one stream each.
enum Purpose : uint64_t { kPixels = 16, kView };

}  // namespace

ImageStates::ImageStates(TrainableBlip& blip, const PairData& data, const BlipTrainOptions& options,
                         const PairSampler* sampler)
    : blip_(blip),
      data_(data),
      options_(options),
      sampler_(sampler),
      plain_(make_picture_loader(data, *blip.processor, {.batch_size = kChunk, .workers = options.workers})) {
  if (options_.freeze_image) {
    cache();
  } else if (sampler_ != nullptr) {
    training_ = make_picture_loader(data, *blip.processor,
                                    {.batch_size = options.batch_size,
                                     .seed = mix_seed(options.seed, {kPixels}),
                                     .workers = options.workers,
                                     .cache_mib = options.cache_mib,
                                     .augment = &options.augment});
    follow_sampler(*training_, *sampler_);
  }
}

std::string ImageStates::identity(int64_t view, const std::string& tower) const {
  return OrderedJson({{"what", fmt::format("image states view {}", view)},
                      {"weights", tower},
                      {"config", to_json(blip_.model.config)["vision_config"]},
                      {"arithmetic", std::string(on_cpu() ? "lean " : "") + (options_.bf16 ? "bf16" : "fp32")},
                      {"processor", blip_.processor->to_json()}})
      .dump();
}

Tensor ImageStates::look(const Pixels& pictures) {
  const Tensor pixels = pixel_tensor(pictures, torch::Device(options_.device));
  const Autocast autocast(options_.bf16, pixels.device().type());
  // With the channels of a pixel side by side convolutions are up to twice as fast.
  return encode_pixels<Tensor>(blip_.model.vision, pixels.contiguous(at::MemoryFormat::ChannelsLast)).to(torch::kFloat);
}

void ImageStates::cache() {
  torch::NoGradGuard no_grad;
  const int64_t views = sampler_ == nullptr ? 1 : options_.feature_views;
  std::optional<BlipVision<rt::Tensor>> lean;
  const auto frozen = [&](const Pixels& pixels) {
    if (!on_cpu()) return look(pixels);
    if (!lean) lean = lean_vision(blip_.model, {options_.bf16 ? Precision::bf16 : Precision::fp32, options_.threads});
    return to_torch(encode_pixels(*lean, pixel_tensor<rt::Tensor>(pixels)));
  };
  const Tensor example = look(load_pixels(*plain_, numbers(0, 1)));  // where all is cached nothing is packed
  tokens_ = example.size(1);
  const std::string tower = tower_hash(blip_.model);
  const std::vector<std::string> rows = row_names(data_);
  for (int64_t view = 0; view < views; ++view)
    cached_.push_back(cached_features({.folder = options_.cache_folder(),
                                       .name = "states",
                                       .identity = identity(view, tower),
                                       .count = data_.picture_count(),
                                       .width = tokens_ * example.size(2),
                                       .chunk = kChunk,
                                       .half = true,
                                       .rows = rows},
                                      [&](std::span<const int64_t> some) {
                                        Pixels pixels = load_pixels(*plain_, some);
                                        if (view == 1) mirror(pixels);
                                        return frozen(pixels).flatten(1);
                                      }));
}

void ImageStates::seek(int64_t number) {
  next_ = number;
  if (training_)
    training_->seek(static_cast<uint64_t>(number / sampler_->batches_per_epoch()),
                    static_cast<uint64_t>(number % sampler_->batches_per_epoch()));
}

StateBatch ImageStates::cached_batch(int64_t number) const {
  StateBatch out;
  out.pictures = sampler_->pictures(number);
  CounterRng rng(mix_seed(options_.seed, {kView, static_cast<uint64_t>(number)}));
  std::vector<Tensor> rows;
  for (const int64_t p : out.pictures) rows.push_back(cached_[rng.below(cached_.size())][p].to(torch::kFloat));
  const auto n = static_cast<int64_t>(rows.size());
  const Tensor states = torch::stack(rows).to(torch::Device(options_.device)).view({n, tokens_, -1});
  out.states = dropout(states, options_.feature_dropout);
  return out;
}

StateBatch ImageStates::next() {
  const int64_t number = next_++;
  if (!training_) return cached_batch(number);
  Batch batch = training_->next();
  StateBatch out;
  out.pictures = batch.record;
  out.pixels = pixel_tensor(batch.pixels, torch::Device(options_.device));
  out.states = encode_pixels<Tensor>(blip_.model.vision, out.pixels);
  return out;
}

Tensor ImageStates::of(int64_t first, int64_t n) {
  if (cached_.empty()) return look(load_pixels(*plain_, numbers(first, n)));
  return cached_.front().narrow(0, first, n).to(torch::Device(options_.device), torch::kFloat).view({n, tokens_, -1});
}

}  // namespace sensorium
