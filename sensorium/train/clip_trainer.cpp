#include "sensorium/train/clip_trainer.h"
// Longer than most: one class is the loop, and its steps share its state.

#include "sensorium/base/log.h"
#include "sensorium/base/progress.h"
#include "sensorium/base/threads.h"
#include "sensorium/data/seen_pictures.h"
#include "sensorium/eval/retrieval.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/event_file.h"
#include "sensorium/train/losses.h"
#include "sensorium/train/negative_miner.h"
#include "sensorium/train/optimizer.h"
#include "sensorium/train/pair_encoder.h"
#include "sensorium/train/results_log.h"
#include "sensorium/train/run_folder.h"
#include "sensorium/train/schedule.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace sensorium {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

/// The CPU embeddings of a split, scored.
RetrievalMetrics retrieval_of(const PairData& data, const Tensor& pictures, const Tensor& captions, int threads) {
  const auto rows = [](const Tensor& t) {
    return EmbeddingRows{{t.const_data_ptr<float>(), static_cast<size_t>(t.numel())}, t.size(1)};
  };
  RetrievalPairs pairs{data.picture_count(), {}};
  for (int64_t p = 0; p < data.picture_count(); ++p)
    for (size_t k = 0; k < data.records[static_cast<size_t>(p)].captions.size(); ++k) pairs.image_of_text.push_back(p);
  RetrievalOptions options;
  options.replicates = 1;  // intervals are for `sensorium evaluate retrieval`
  options.threads = threads;
  return evaluate_retrieval(rows(pictures), rows(captions), pairs, options);
}

OrderedJson to_json(const DirectionMetrics& m) {
  OrderedJson json;
  for (size_t k = 0; k < m.recall.size(); ++k)
    json[fmt::format("recall_at_{}", DirectionMetrics::kRecallAt[k])] = m.recall[k].value;
  json["median_rank"] = m.median_rank.value;
  return json;
}

/// Sum of the six recalls in per cent, the field's "rsum".
double recall_sum(const RetrievalMetrics& m) {
  double sum = 0;
  for (const DirectionMetrics* d : {&m.image_to_text, &m.text_to_image})
    for (const Estimate& e : d->recall) sum += 100 * e.value;
  return sum;
}

/// One run, from the options to its end.
class ClipTrainer {
 public:
  explicit ClipTrainer(ClipTrainOptions options);
  ClipTrainSummary run();

 private:
  struct StepResult {
    double loss = 0, grad_norm = 0;
  };
  void start_or_resume();
  StepResult update();
  Tensor batch_loss(int64_t number);
  Tensor loss_of(const Tensor& pictures, const Tensor& captions, const DrawnCaptions& drawn);
  void mine();
  void validate();
  void save();
  void log_step(const StepResult& result, double seconds);
  [[noreturn]] void fail(const char* expected, const std::string& got) const;
  void with_average(const std::function<void()>& action);
  Parameters state();
  int64_t updates_per_epoch() const { return sampler_.batches_per_epoch() / options_.accumulate; }
  double epoch() const { return static_cast<double>(progress_.step) / static_cast<double>(updates_per_epoch()); }

  ClipTrainOptions options_;
  RunFolder folder_;
  PairData train_, val_;
  SeenPictures seen_;
  PairSampler sampler_;
  TrainableClip clip_;
  Tensor sigmoid_bias_;  // of the sigmoid loss, where the model has no logit_bias
  Parameters parameters_;
  AdamW optimizer_;
  std::optional<WeightAverage> average_;
  Tensor hard_;  // [pictures, candidates] captions, where negatives are mined
  PairEncoder encoder_, val_encoder_;
  Schedule schedule_;
  int64_t total_ = 0;
  RunProgress progress_;
  std::optional<ResultsLog> results_;
  std::optional<EventWriter> events_;
};

void prepare_process(const ClipTrainOptions& options) {
  if (options.device == "cuda" && !torch::cuda::is_available())
    throw EnvironmentError("train", "expected a CUDA device and a LibTorch built for it, got none");
  set_deterministic();
  at::set_num_threads(options.threads > 0 ? options.threads : available_processors());
}

PairSampler::Settings sampler_settings(const ClipTrainOptions& o) {
  return {o.batch_size, o.captions_per_picture, o.loss == "margin" ? o.mismatched : 0, o.seed, o.sampling == "classes"};
}

AdamWSettings optimizer_settings(const ClipTrainOptions& o) {
  return {o.betas[0], o.betas[1], o.epsilon, o.weight_decay};
}

Parameters with_bias(Parameters parameters, Tensor& bias, const TrainableClip& clip, const ClipTrainOptions& options) {
  if (options.loss == "sigmoid" && !clip.model.logit_bias.defined()) {
    bias = torch::full({1}, -10.0f, torch::TensorOptions(torch::kFloat).device(options.device)).set_requires_grad(true);
    parameters.push_back({"sigmoid_bias", bias});
  }
  return parameters;
}

/// The pictures trained on, with those that the checkpoints it starts from had seen: kept with each checkpoint, so that
/// nothing is evaluated on them.
SeenPictures seen_pictures(const ClipTrainOptions& options, const PairData& data) {
  SeenPictures seen;
  for (const std::string& folder : {options.init, options.image_tower, options.text_tower})
    if (!folder.empty())
      if (const auto before = SeenPictures::load(folder)) seen.add(*before);
  for (const Record& record : data.records) seen.add(record);
  return seen;
}

ClipTrainer::ClipTrainer(ClipTrainOptions options)
    : options_(std::move(options)),
      folder_(options_.out, options_.resume == "never"),
      train_(load_pairs(options_.data, options_.train_split, options_.languages)),
      val_(load_pairs(options_.data, options_.val_split, options_.languages)),
      seen_(seen_pictures(options_, train_)),
      sampler_(train_, sampler_settings(options_)),
      clip_(make_trainable_clip(options_, train_)),
      parameters_(with_bias(trainable_parameters(clip_, options_), sigmoid_bias_, clip_, options_)),
      optimizer_(parameters_, optimizer_settings(options_)),
      encoder_(clip_, train_, options_, &sampler_),
      val_encoder_(clip_, val_, options_, nullptr) {
  if (updates_per_epoch() < 1)
    throw UsageError("train", "expected --batch-size times --accumulate of at most {} pictures, got {}",
                     train_.picture_count(), options_.batch_size * options_.accumulate);
  total_ = options_.steps > 0 ? options_.steps : options_.epochs * updates_per_epoch();
  schedule_ = {options_.schedule == "cosine" ? ScheduleKind::cosine : ScheduleKind::constant, options_.lr,
               options_.warmup_steps, total_};
  if (options_.ema_decay > 0) average_.emplace(parameters_, options_.ema_decay);
  if (options_.mine_every > 0)
    hard_ = torch::full({train_.picture_count(), options_.mine_candidates}, -1, torch::TensorOptions(torch::kLong));
  progress_.monitor.factor = options_.divergence_factor;
  progress_.monitor.patience = options_.divergence_patience;
}

Parameters ClipTrainer::state() {
  Parameters all;
  for (const Parameter& p : parameters_) all.push_back({"parameter." + p.name, p.value});
  const auto append = [&](const Parameters& more) { all.insert(all.end(), more.begin(), more.end()); };
  append(optimizer_.state());
  append(running_values(clip_.model));
  if (average_) append(average_->state());
  if (hard_.defined()) all.push_back({"hard_negatives", hard_});
  return all;
}

void ClipTrainer::start_or_resume() {
  const bool resumed = folder_.holds_run();
  if (resumed) {
    const DivergenceMonitor settings = progress_.monitor;
    progress_ = folder_.load(state());
    progress_.monitor.factor = settings.factor;
    progress_.monitor.patience = settings.patience;
    spdlog::info("continues at step {} of {}", progress_.step, total_);
  }
  results_.emplace(folder_.path() / "results.jsonl", progress_.step);
  events_.emplace(folder_.path(), progress_.step);
  if (!resumed) save();  // from here on there always is a complete checkpoint
}

ClipTrainSummary ClipTrainer::run() {
  start_or_resume();
  encoder_.seek(progress_.step * options_.accumulate);
  Progress bar("training", static_cast<uint64_t>(total_ - progress_.step), "steps");
  auto logged = Clock::now();
  int64_t logged_step = progress_.step;
  while (progress_.step < total_) {
    if (options_.mine_every > 0 && progress_.step % (options_.mine_every * updates_per_epoch()) == 0) mine();
    const StepResult result = update();
    ++progress_.step;
    bar.note(fmt::format("loss {:.3f}", result.loss));
    bar.advance();
    if (progress_.step % options_.log_every == 0) {
      const std::chrono::duration<double> seconds = Clock::now() - logged;
      log_step(result, seconds.count() / static_cast<double>(progress_.step - logged_step));
      logged = Clock::now();
      logged_step = progress_.step;
    }
    const bool last = progress_.step == total_;
    const bool validates = last || progress_.step % (options_.validate_every * updates_per_epoch()) == 0;
    if (validates) validate();
    progress_.finished = last;
    if (validates || (options_.checkpoint_every > 0 && progress_.step % options_.checkpoint_every == 0)) save();
    if (validates) logged = Clock::now(), logged_step = progress_.step;
  }
  return {progress_.step, progress_.best_step, progress_.best_validation, folder_.best()};
}

ClipTrainer::StepResult ClipTrainer::update() {
  set_training(clip_.model, options_, true);
  StepResult result;
  for (int64_t k = 0; k < options_.accumulate; ++k) {
    Tensor loss = batch_loss(progress_.step * options_.accumulate + k) / options_.accumulate;
    result.loss += loss.item<double>();
    if (!std::isfinite(result.loss)) fail("a finite loss", fmt::format("{}", result.loss));
    loss.backward();
  }
  result.grad_norm = gradient_norm(parameters_);
  if (!std::isfinite(result.grad_norm)) fail("finite gradients", fmt::format("a norm of {}", result.grad_norm));
  if (progress_.monitor.diverged(result.loss))
    fail("the loss to fall again",
         fmt::format("{:.3g}, smoothed, above {} times its best {:.3g} for {} steps", progress_.monitor.smoothed,
                     options_.divergence_factor, progress_.monitor.best, options_.divergence_patience));
  clip_gradients(parameters_, result.grad_norm, options_.clip_norm);
  optimizer_.step(schedule_.at(progress_.step));
  optimizer_.clear_gradients();
  clamp_logit_scale(clip_.model.logit_scale);
  if (average_) average_->update();
  return result;
}

Tensor ClipTrainer::batch_loss(int64_t number) {
  const BatchKey key{number, options_.seed};
  const PictureBatch batch = encoder_.next_pictures();
  HardNegatives hard;
  if (progress_.mined) {
    const int64_t* values = hard_.const_data_ptr<int64_t>();
    hard = {options_.mine_candidates, {values, values + hard_.numel()}};
  }
  const DrawnCaptions drawn = sampler_.captions(number, batch.pictures, hard);
  return loss_of(encoder_.embed(batch, key), encoder_.embed_captions(drawn.captions, key), drawn);
}

Tensor ClipTrainer::loss_of(const Tensor& pictures, const Tensor& captions, const DrawnCaptions& drawn) {
  const Tensor& scale = clip_.model.logit_scale;
  if (options_.loss == "infonce") {
    if (options_.captions_per_picture == 1) return info_nce_loss(pictures, captions, scale);
    return info_nce_loss(pictures, captions, torch::tensor(drawn.owner, torch::kLong).to(captions.device()), scale);
  }
  if (options_.loss == "sigmoid")
    return sigmoid_loss(pictures, captions, scale, sigmoid_bias_.defined() ? sigmoid_bias_ : clip_.model.logit_bias);
  if (options_.loss == "margin")
    return margin_loss(pictures, captions, torch::tensor(drawn.match).to(captions.device()), options_.margin);
  return triplet_loss(pictures, captions, options_.margin,
                      options_.loss == "triplet_all" ? Negatives::all : Negatives::hardest);
}

void ClipTrainer::mine() {
  set_training(clip_.model, options_, false);
  hard_.copy_(mine_hard_captions(encoder_.embed_all_pictures(), encoder_.embed_all_captions(), train_.first_caption,
                                 options_.mine_candidates));
  progress_.mined = true;
}

void ClipTrainer::with_average(const std::function<void()>& action) {
  if (!average_) return action();
  torch::NoGradGuard no_grad;
  std::vector<Tensor> own;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    own.push_back(parameters_[i].value.detach().clone());
    parameters_[i].value.copy_(average_->values()[i]);
  }
  action();
  for (size_t i = 0; i < parameters_.size(); ++i) parameters_[i].value.copy_(own[i]);
}

void ClipTrainer::validate() {
  set_training(clip_.model, options_, false);
  RetrievalMetrics metrics;
  with_average([&] {
    metrics =
        retrieval_of(val_, val_encoder_.embed_all_pictures(), val_encoder_.embed_all_captions(), options_.threads);
  });
  const double score = recall_sum(metrics);
  const OrderedJson figures = {{"pictures", metrics.images},
                               {"captions", metrics.texts},
                               {"text_to_image", to_json(metrics.text_to_image)},
                               {"image_to_text", to_json(metrics.image_to_text)},
                               {"recall_sum", score}};
  results_->write({{"step", progress_.step}, {"epoch", epoch()}, {"validation", figures}});
  std::vector<Scalar> scalars = {{"validation/recall_sum", score}};
  for (const char* direction : {"text_to_image", "image_to_text"})
    for (const auto& [name, value] : figures[direction].items())
      scalars.emplace_back(fmt::format("validation/{}/{}", direction, name), value.get<double>());
  events_->write(progress_.step, scalars);
  const auto per_cent = [](const Estimate& e) { return 100 * e.value; };
  spdlog::info("epoch {:.1f}  loss {:.3f}  R@1 {:.1f} % text to image, {:.1f} % image to text  R@10 {:.1f} %, {:.1f} %",
               epoch(), progress_.monitor.smoothed, per_cent(metrics.text_to_image.recall[0]),
               per_cent(metrics.image_to_text.recall[0]), per_cent(metrics.text_to_image.recall[2]),
               per_cent(metrics.image_to_text.recall[2]));
  if (score <= progress_.best_score) return;
  progress_.best_score = score;
  progress_.best_step = progress_.step;
  progress_.best_validation = figures;
  folder_.save_best([&](const fs::path& folder) {
    save_clip(clip_, parameters_, average_ ? average_->values() : std::vector<Tensor>{}, folder);
    seen_.save(folder);
  });
}

void ClipTrainer::save() {
  folder_.save_last(progress_, resumable_options(options_), state(), [&](const fs::path& folder) {
    save_clip(clip_, parameters_, average_ ? average_->values() : std::vector<Tensor>{}, folder);
    seen_.save(folder);
  });
}

void ClipTrainer::log_step(const StepResult& result, double seconds) {
  const double lr = schedule_.at(progress_.step - 1);
  const auto scale = std::exp(clip_.model.logit_scale.item<double>());
  const double rate = static_cast<double>(options_.batch_size * options_.accumulate) / seconds;
  results_->write({{"step", progress_.step},
                   {"epoch", epoch()},
                   {"loss", result.loss},
                   {"loss_smoothed", progress_.monitor.smoothed},
                   {"lr", lr},
                   {"grad_norm", result.grad_norm},
                   {"logit_scale", scale},
                   {"samples_per_s", rate}});
  const Scalar scalars[] = {{"train/loss", result.loss},
                            {"train/lr", lr},
                            {"train/grad_norm", result.grad_norm},
                            {"train/logit_scale", scale},
                            {"train/samples_per_s", rate}};
  events_->write(progress_.step, scalars);
}

void ClipTrainer::fail(const char* expected, const std::string& got) const {
  const RunProgress kept = folder_.progress();
  throw InputError("train", "expected {} at step {}, got {}; {} holds the last good state, of step {}", expected,
                   progress_.step + 1, got, folder_.last().string(), kept.step);
}

}  // namespace

ClipTrainSummary train_clip(ClipTrainOptions options) {
  options.check();
  prepare_process(options);
  {
    const RunFolder folder(options.out, options.resume == "never");
    if (folder.holds_run()) {
      folder.check_options(resumable_options(options));
      const RunProgress p = folder.progress();
      if (p.finished) {
        spdlog::info("{}: finished before, at step {}", options.out, p.step);
        return {p.step, p.best_step, p.best_validation, folder.best()};
      }
    }
    options.resume = "auto";
  }
  return ClipTrainer(std::move(options)).run();
}

}  // namespace sensorium
