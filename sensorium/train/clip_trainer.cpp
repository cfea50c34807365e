#include "sensorium/train/clip_trainer.h"

#include "sensorium/train/losses.h"
#include "sensorium/train/negative_miner.h"
#include "sensorium/train/optimizer.h"
#include "sensorium/train/pair_encoder.h"
#include "sensorium/train/retrieval_validation.h"

#include <torch/torch.h>

#include <cmath>
#include <optional>

namespace sensorium {
namespace {

using torch::Tensor;

/// A dual encoder on pairs.
class ClipTask : public TrainTask {
 public:
  explicit ClipTask(const ClipTrainOptions& options);
  const Parameters& parameters() const override { return parameters_; }
  int64_t batches_per_epoch() const override { return sampler_.batches_per_epoch(); }
  void seek(int64_t number) override { encoder_.seek(number); }
  void before_update(RunProgress& progress) override;
  Tensor batch_loss(int64_t number) override;
  void after_update(int64_t) override { clamp_logit_scale(clip_.model.logit_scale); }
  void set_training(bool training) override { sensorium::set_training(clip_.model, options_, training); }
  Parameters more_state() override;
  Validation validate() override;
  void save(const std::vector<Tensor>& values, const fs::path& folder) override;
  std::vector<Scalar> logged() override { return {{"logit_scale", std::exp(clip_.model.logit_scale.item<double>())}}; }

 private:
  Tensor loss_of(const Tensor& pictures, const Tensor& captions, const DrawnCaptions& drawn);

  const ClipTrainOptions& options_;
  PairData train_, val_;
  SeenPictures seen_;
  PairSampler sampler_;
  TrainableClip clip_;
  Tensor sigmoid_bias_;  // of the sigmoid loss, where the model has no logit_bias
  Parameters parameters_;
  Tensor hard_;  // [pictures, candidates] captions, where negatives are mined
  bool mined_ = false;
  PairEncoder encoder_, val_encoder_;
};

PairSampler::Settings sampler_settings(const ClipTrainOptions& o) {
  return {o.batch_size, o.captions_per_picture, o.loss == "margin" ? o.mismatched : 0, o.seed, o.sampling == "classes"};
}

Parameters with_bias(Parameters parameters, Tensor& bias, const TrainableClip& clip, const ClipTrainOptions& options) {
  if (options.loss == "sigmoid" && !clip.model.logit_bias.defined()) {
    bias = torch::full({1}, -10.0f, torch::TensorOptions(torch::kFloat).device(options.device)).set_requires_grad(true);
    parameters.push_back({"sigmoid_bias", bias});
  }
  return parameters;
}

ClipTask::ClipTask(const ClipTrainOptions& options)
    : options_(options),
      train_(load_pairs(options_.data, options_.train_split, options_.languages)),
      val_(load_pairs(options_.data, options_.val_split, options_.languages)),
      seen_(seen_pictures(train_, {options_.init, options_.image_tower, options_.text_tower})),
      sampler_(train_, sampler_settings(options_)),
      clip_(make_trainable_clip(options_, train_)),
      parameters_(with_bias(trainable_parameters(clip_, options_), sigmoid_bias_, clip_, options_)),
      encoder_(clip_, train_, options_, &sampler_),
      val_encoder_(clip_, val_, options_, nullptr) {
  if (options_.mine_every > 0)
    hard_ = torch::full({train_.picture_count(), options_.mine_candidates}, -1, torch::TensorOptions(torch::kLong));
}

Parameters ClipTask::more_state() {
  Parameters state = running_values(clip_.model);
  if (hard_.defined()) state.push_back({"hard_negatives", hard_});
  return state;
}

/// Searches for hard negatives where it is time, and knows from the progress whether there are any yet.
void ClipTask::before_update(RunProgress& progress) {
  const int64_t updates = batches_per_epoch() / options_.accumulate;
  if (options_.mine_every > 0 && progress.step % (options_.mine_every * updates) == 0) {
    set_training(false);
    hard_.copy_(mine_hard_captions(encoder_.embed_all_pictures(), encoder_.embed_all_captions(), train_.first_caption,
                                   options_.mine_candidates));
    progress.mined = true;
  }
  mined_ = progress.mined;
}

Tensor ClipTask::batch_loss(int64_t number) {
  const BatchKey key{number, options_.seed};
  const PictureBatch batch = encoder_.next_pictures();
  HardNegatives hard;
  if (mined_) {
    const int64_t* values = hard_.const_data_ptr<int64_t>();
    hard = {options_.mine_candidates, {values, values + hard_.numel()}};
  }
  const DrawnCaptions drawn = sampler_.captions(number, batch.pictures, hard);
  return loss_of(encoder_.embed(batch, key), encoder_.embed_captions(drawn.captions, key), drawn);
}

Tensor ClipTask::loss_of(const Tensor& pictures, const Tensor& captions, const DrawnCaptions& drawn) {
  const Tensor& scale = clip_.model.logit_scale;
  if (options_.loss == "infonce") {
    if (options_.captions_per_picture == 1) return info_nce_loss(pictures, captions, scale);
    return info_nce_loss(pictures, captions, torch::tensor(drawn.owner, torch::kLong).to(captions.device()), scale);
  }
  if (options_.loss == "sigmoid")
    return sigmoid_loss(pictures, captions, scale, sigmoid_bias_.defined() ? sigmoid_bias_ : clip_.model.logit_bias);
  if (options_.loss == "margin")
    return margin_loss(pictures, captions, torch::tensor(drawn.match).to(captions.device()), options_.margin);
  if (options_.loss == "cca") return cca_loss(pictures, captions, options_.cca_ridge);
  return triplet_loss(pictures, captions, options_.margin,
                      options_.loss == "triplet_all" ? Negatives::all : Negatives::hardest);
}

/// Deep CCA's figure: the sum of the canonical correlations of pictures and their captions. Coordinates of the two
/// towers are not comparable before a linear CCA of them, so recalls would say nothing.
Validation validate_correlation(const PairData& data, const Tensor& pictures, const Tensor& captions, double ridge) {
  std::vector<int64_t> owners;
  for (int64_t c = 0; c < data.caption_count(); ++c) owners.push_back(data.owner(c));
  const Tensor rows = pictures.index_select(0, torch::tensor(owners, torch::kLong));
  const auto most = static_cast<double>(pictures.size(1));
  const double sum = most - cca_loss(rows.to(torch::kDouble), captions, ridge).item<double>();
  return {sum,
          {{"pairs", owners.size()}, {"correlation_sum", sum}},
          {{"validation/correlation_sum", sum}},
          fmt::format("correlations sum to {:.3f} of {}", sum, pictures.size(1))};
}

Validation ClipTask::validate() {
  if (options_.loss == "cca")
    return validate_correlation(val_, val_encoder_.embed_all_pictures(), val_encoder_.embed_all_captions(),
                                options_.cca_ridge);
  return validate_retrieval(val_, val_encoder_.embed_all_pictures(), val_encoder_.embed_all_captions(),
                            options_.threads);
}

void ClipTask::save(const std::vector<Tensor>& values, const fs::path& folder) {
  save_clip(clip_, parameters_, values, folder);
  seen_.save(folder);
}

}  // namespace

TrainSummary train_clip(ClipTrainOptions options) {
  return run_task<ClipTask>(std::move(options));
}

}  // namespace sensorium
