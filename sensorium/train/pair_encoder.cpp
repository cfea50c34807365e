#include "sensorium/train/pair_encoder.h"

#include "sensorium/base/hash.h"
#include "sensorium/base/threads.h"
#include "sensorium/io/checkpoint.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/autocast.h"
#include "sensorium/train/feature_cache.h"
#include "sensorium/train/frozen_tower.h"
#include "sensorium/train/picture_loader.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kEvaluationBatch = 64;

// What a random number is for; one stream each.
enum Purpose : uint64_t { kView, kPictureDropout, kCaptionDropout, kPixels };

Tensor dropout(const Tensor& x, double probability, at::Generator& generator) {
  if (probability <= 0) return x;
  const Tensor keep = torch::empty(x.sizes(), torch::kFloat).bernoulli_(1 - probability, generator);
  return x * keep.to(x.device()) / (1 - probability);
}

/// The model's projection (see ProjectionHead), with dropout of its input and of the hidden layer.
Tensor project_with_dropout(const Tensor& pooled, const Linear<Tensor>& projection, const ProjectionHead<Tensor>& head,
                            const ClipTrainOptions& options, at::Generator generator) {
  if (!head.fc1.weight.defined()) return linear(dropout(pooled, options.feature_dropout, generator), projection);
  const Tensor n = dropout(layer_norm(pooled, head.norm), options.feature_dropout, generator);
  const Tensor hidden = dropout(linear(n, head.fc1, Activation::gelu), options.hidden_dropout, generator);
  return add_linear(linear(n, projection), hidden, head.fc2);
}

at::Generator generator_of(const BatchKey& key, Purpose purpose) {
  return at::detail::createCPUGenerator(mix_seed(key.seed, {purpose, static_cast<uint64_t>(key.number)}));
}

Tensor to_tensor(const std::vector<int64_t>& values) {
  return torch::tensor(values, torch::kLong);
}

}  // namespace

PairEncoder::PairEncoder(TrainableClip& clip, const PairData& data, const ClipTrainOptions& options,
                         const PairSampler* sampler)
    : clip_(clip), data_(data), options_(options), sampler_(sampler) {
  if (options_.freezes_image())
    cache_pictures();
  else
    plain_ = make_loader(false);
  if (options_.freezes_text()) cache_captions();
  lean_.reset();
  if (sampler_ == nullptr || options_.freezes_image()) return;
  training_ = make_loader(true);
  follow_sampler(*training_, *sampler_);
}

std::unique_ptr<Loader> PairEncoder::make_loader(bool augmented) const {
  return make_picture_loader(data_, *clip_.processor,
                             {.batch_size = augmented ? options_.batch_size : kEvaluationBatch,
                              .seed = mix_seed(options_.seed, {kPixels}),
                              .workers = options_.workers,
                              .cache_mib = options_.cache_mib,
                              .augment = augmented ? &options_.augment : nullptr});
}

std::string PairEncoder::identity(const std::string& what) const {
  const bool whole = !options_.init.empty();
  const bool image = what.starts_with("image");
  const fs::path weights = whole ? options_.init : image ? options_.image_tower : options_.text_tower;
  std::string captions;  // of the records that this split and language choice leaves
  for (const Record& r : data_.records) {
    captions += r.id + "\n" + r.hash + "\n";
    for (const Caption& c : r.captions) captions += image ? "" : c.text + "\n";
  }
  return OrderedJson({{"what", what},
                      {"weights", content_hash_of_file(CheckpointReader(weights).path())},
                      {"config", to_json(clip_.model.config)},
                      {"processor", image ? clip_.processor->to_json() : OrderedJson()},
                      {"records", content_hash(captions)}})
      .dump();
}

void PairEncoder::cache_pictures() {
  const int64_t views = sampler_ == nullptr ? 1 : options_.feature_views;
  ClipTrainOptions options = options_;
  const std::string augmented = OptionSet::of(options).to_json()["augment"].dump();
  for (int64_t view = 0; view < views; ++view) {
    const std::string what = view < 2 ? fmt::format("image view {}", view)
                                      : fmt::format("image view {} {} {}", view, options_.seed, augmented);
    std::unique_ptr<Loader> loader;
    picture_features_.push_back(
        cached_features({options_.cache_folder(), "pictures", identity(what), data_.picture_count(),
                         clip_.model.config.vision_width(), kEvaluationBatch},
                        [&](std::span<const int64_t> rows) {
                          if (!loader) loader = make_loader(view >= 2);
                          const auto draw = static_cast<uint64_t>(view) << 32 | static_cast<uint64_t>(rows.front());
                          Pixels pixels = load_pixels(*loader, rows, draw);
                          if (view == 1) mirror(pixels);
                          return frozen_pictures(pixels);
                        }));
  }
}

void PairEncoder::cache_captions() {
  caption_features_ = cached_features({options_.cache_folder(), "captions", identity("text"), data_.caption_count(),
                                       clip_.model.config.text_width(), kEvaluationBatch},
                                      [&](std::span<const int64_t> captions) { return frozen_captions(captions); });
}

Tensor PairEncoder::pooled_pictures(const Pixels& pixels) const {
  return pool_image<Tensor>(clip_.model, pixel_tensor(pixels, torch::Device(options_.device)));
}

TokenBatch PairEncoder::tokens_of(std::span<const int64_t> captions) const {
  return tokenize(clip_.model.config, *clip_.tokenizer, data_.texts(captions));
}

Tensor PairEncoder::pooled_captions(std::span<const int64_t> captions) const {
  return pool_text<Tensor>(clip_.model, tokens_of(captions));
}

const DualEncoder<rt::Tensor>& PairEncoder::lean() {
  if (!lean_) lean_ = lean_copy(clip_.model, {.threads = options_.threads});
  return *lean_;
}

Tensor PairEncoder::frozen_pictures(const Pixels& pixels) {
  if (!torch::Device(options_.device).is_cpu()) return pooled_pictures(pixels);
  return to_torch(pool_image(lean(), pixel_tensor<rt::Tensor>(pixels)));
}

Tensor PairEncoder::frozen_captions(std::span<const int64_t> captions) {
  if (!torch::Device(options_.device).is_cpu()) return pooled_captions(captions);
  return to_torch(pool_text(lean(), tokens_of(captions)));
}

Tensor PairEncoder::project_pictures(const Tensor& pooled, const BatchKey* key) {
  if (key == nullptr || !clip_.model.visual_projection.weight.defined()) return project_image(clip_.model, pooled);
  return project_with_dropout(pooled, clip_.model.visual_projection, clip_.model.visual_head, options_,
                              generator_of(*key, kPictureDropout));
}

Tensor PairEncoder::project_captions(const Tensor& pooled, const BatchKey* key) {
  if (key == nullptr || !clip_.model.text_projection.weight.defined()) return project_text(clip_.model, pooled);
  return project_with_dropout(pooled, clip_.model.text_projection, clip_.model.text_head, options_,
                              generator_of(*key, kCaptionDropout));
}

void PairEncoder::seek(int64_t number) {
  next_ = number;
  if (training_)
    training_->seek(static_cast<uint64_t>(number / sampler_->batches_per_epoch()),
                    static_cast<uint64_t>(number % sampler_->batches_per_epoch()));
}

PictureBatch PairEncoder::next_pictures() {
  const int64_t number = next_++;
  PictureBatch out;
  if (training_) {
    Batch batch = training_->next();
    out.pictures = batch.record;
    out.pixels = pixel_tensor(batch.pixels, torch::Device(options_.device));
    return out;
  }
  out.pictures = sampler_->pictures(number);
  CounterRng rng(mix_seed(options_.seed, {kView, static_cast<uint64_t>(number)}));
  std::vector<Tensor> rows;
  for (const int64_t p : out.pictures) rows.push_back(picture_features_[rng.below(picture_features_.size())][p]);
  out.pooled = torch::stack(rows).to(torch::Device(options_.device));
  return out;
}

Tensor PairEncoder::embed(const PictureBatch& batch, const BatchKey& key) {
  const Autocast autocast(options_.bf16, torch::Device(options_.device).type());
  const Tensor pooled = batch.pooled.defined() ? batch.pooled : pool_image<Tensor>(clip_.model, batch.pixels);
  return l2_normalize(project_pictures(pooled, &key).to(torch::kFloat), 1e-12f);
}

Tensor PairEncoder::embed_captions(std::span<const int64_t> captions, const BatchKey& key) {
  const Autocast autocast(options_.bf16, torch::Device(options_.device).type());
  const Tensor pooled =
      caption_features_.defined()
          ? caption_features_.index_select(0, to_tensor({captions.begin(), captions.end()})).to(options_.device)
          : pooled_captions(captions);
  return l2_normalize(project_captions(pooled, &key).to(torch::kFloat), 1e-12f);
}

Tensor PairEncoder::embed_all_pictures() {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> parts;
  for (int64_t first = 0; first < data_.picture_count(); first += kEvaluationBatch) {
    const int64_t n = std::min(kEvaluationBatch, data_.picture_count() - first);
    const Tensor pooled = plain_ ? pooled_pictures(load_pixels(*plain_, numbers(first, n)))
                                 : picture_features_[0].narrow(0, first, n).to(options_.device);
    parts.push_back(l2_normalize(project_pictures(pooled, nullptr), 1e-12f).to(torch::kCPU, torch::kFloat));
  }
  return torch::cat(parts);
}

Tensor PairEncoder::embed_all_captions() {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> parts;
  for (int64_t first = 0; first < data_.caption_count(); first += kEvaluationBatch) {
    const int64_t n = std::min(kEvaluationBatch, data_.caption_count() - first);
    const Tensor pooled = caption_features_.defined() ? caption_features_.narrow(0, first, n).to(options_.device)
                                                      : pooled_captions(numbers(first, n));
    parts.push_back(l2_normalize(project_captions(pooled, nullptr), 1e-12f).to(torch::kCPU, torch::kFloat));
  }
  return torch::cat(parts);
}

}  // namespace sensorium
