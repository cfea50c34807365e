#include "sensorium/train/image_states.h"

#include "sensorium/base/hash.h"
#include "sensorium/io/checkpoint.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/feature_cache.h"
#include "sensorium/train/picture_loader.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kChunk = 32;

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

std::string ImageStates::identity(int64_t view) const {
  const fs::path weights = options_.init.empty() ? options_.image_tower : options_.init;
  std::string records;
  for (const Record& r : data_.records) records += r.id + "\n" + r.hash + "\n";
  return OrderedJson({{"what", fmt::format("image states view {}", view)},
                      {"weights", content_hash_of_file(CheckpointReader(weights).path())},
                      {"config", to_json(blip_.model.config)["vision_config"]},
                      {"processor", blip_.processor->to_json()},
                      {"records", content_hash(records)}})
      .dump();
}

Tensor ImageStates::look(int64_t first, int64_t n, bool mirrored) {
  std::vector<PairRequest> requests;
  for (int64_t i = first; i < first + n; ++i) requests.push_back({i, i, 0});
  Batch batch = plain_->load(requests);
  const Tensor pixels = pixel_tensor(batch, *blip_.processor, torch::Device(options_.device));
  return encode_pixels<Tensor>(blip_.model.vision, mirrored ? pixels.flip({3}) : pixels);
}

void ImageStates::cache() {
  torch::NoGradGuard no_grad;
  const int64_t views = sampler_ == nullptr ? 1 : options_.feature_views;
  const Tensor example = look(0, 1, false);
  tokens_ = example.size(1);
  for (int64_t view = 0; view < views; ++view)
    cached_.push_back(cached_features({.folder = options_.cache_folder(),
                                       .name = "states",
                                       .identity = identity(view),
                                       .count = data_.picture_count(),
                                       .width = tokens_ * example.size(2),
                                       .chunk = kChunk,
                                       .half = true},
                                      [&](int64_t first, int64_t n) { return look(first, n, view == 1).flatten(1); }));
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
  out.states = torch::stack(rows).to(torch::Device(options_.device)).view({n, tokens_, -1});
  return out;
}

StateBatch ImageStates::next() {
  const int64_t number = next_++;
  if (!training_) return cached_batch(number);
  Batch batch = training_->next();
  StateBatch out;
  out.pictures = batch.record;
  out.pixels = pixel_tensor(batch, *blip_.processor, torch::Device(options_.device));
  out.states = encode_pixels<Tensor>(blip_.model.vision, out.pixels);
  return out;
}

Tensor ImageStates::of(int64_t first, int64_t n) {
  if (cached_.empty()) return look(first, n, false);
  return cached_.front().narrow(0, first, n).to(torch::Device(options_.device), torch::kFloat).view({n, tokens_, -1});
}

}  // namespace sensorium
