#include "sensorium/train/train_loop.h"

#include "sensorium/base/log.h"
#include "sensorium/base/progress.h"
#include "sensorium/base/threads.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/optimizer.h"
#include "sensorium/train/results_log.h"
#include "sensorium/train/schedule.h"

#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <optional>

namespace sensorium {
namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

constexpr double kMany = 1e12;

/// One run, from its start to its end.
class TrainLoop {
 public:
  TrainLoop(TrainTask& task, const LoopOptions& options, const OrderedJson& resumable);
  TrainSummary run();

 private:
  struct StepResult {
    double loss = 0, grad_norm = 0;
  };
  void start_or_resume();
  StepResult update();
  void validate();
  void save();
  void log_step(const StepResult& result, double seconds);
  [[noreturn]] void fail(const char* expected, const std::string& got) const;
  void with_average(const std::function<void()>& action);
  Parameters state();
  std::vector<Tensor> saved_values() const { return average_ ? average_->values() : std::vector<Tensor>{}; }
  int64_t updates_per_epoch() const { return task_.batches_per_epoch() / options_.accumulate; }
  double epoch() const { return static_cast<double>(progress_.step) / static_cast<double>(updates_per_epoch()); }

  TrainTask& task_;
  Parameters parameters_;
  const LoopOptions& options_;
  const OrderedJson& resumable_;
  RunFolder folder_;
  AdamW optimizer_;
  std::optional<WeightAverage> average_;
  Schedule schedule_;
  int64_t total_ = 0;
  RunProgress progress_;
  std::optional<ResultsLog> results_;
  std::optional<EventWriter> events_;
};

TrainLoop::TrainLoop(TrainTask& task, const LoopOptions& options, const OrderedJson& resumable)
    : task_(task),
      parameters_(task.parameters()),
      options_(options),
      resumable_(resumable),
      folder_(options.out, false),
      optimizer_(parameters_, {options.betas[0], options.betas[1], options.epsilon, options.weight_decay}) {
  if (updates_per_epoch() < 1)
    throw UsageError("train", "expected --batch-size times --accumulate of at most {} pictures, got {}",
                     task_.batches_per_epoch() * options_.batch_size, options_.batch_size * options_.accumulate);
  total_ = options_.steps > 0 ? options_.steps : options_.epochs * updates_per_epoch();
  schedule_ = {options_.schedule == "cosine" ? ScheduleKind::cosine : ScheduleKind::constant, options_.lr,
               options_.warmup_steps, total_};
  if (options_.ema_decay > 0) average_.emplace(parameters_, options_.ema_decay);
  progress_.monitor.factor = options_.divergence_factor;
  progress_.monitor.patience = options_.divergence_patience;
}

Parameters TrainLoop::state() {
  Parameters all;
  for (const Parameter& p : parameters_) all.push_back({"parameter." + p.name, p.value});
  const auto append = [&](const Parameters& more) { all.insert(all.end(), more.begin(), more.end()); };
  append(optimizer_.state());
  append(task_.more_state());
  if (average_) append(average_->state());
  return all;
}

void TrainLoop::start_or_resume() {
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

TrainSummary TrainLoop::run() {
  start_or_resume();
  task_.seek(progress_.step * options_.accumulate);
  Progress bar("training", static_cast<uint64_t>(total_ - progress_.step), "steps");
  auto logged = Clock::now();
  int64_t logged_step = progress_.step;
  while (progress_.step < total_) {
    task_.before_update(progress_);
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

TrainLoop::StepResult TrainLoop::update() {
  task_.set_training(true);
  StepResult result;
  for (int64_t k = 0; k < options_.accumulate; ++k) {
    Tensor loss = task_.batch_loss(progress_.step * options_.accumulate + k) / options_.accumulate;
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
  task_.after_update(progress_.step + 1);
  if (average_) average_->update();
  return result;
}

void TrainLoop::with_average(const std::function<void()>& action) {
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

void TrainLoop::validate() {
  task_.set_training(false);
  Validation found;
  with_average([&] { found = task_.validate(); });
  results_->write({{"step", progress_.step}, {"epoch", epoch()}, {"validation", found.figures}});
  events_->write(progress_.step, found.scalars);
  spdlog::info("epoch {:.1f}  loss {:.3f}  {}", epoch(), progress_.monitor.smoothed, found.line);
  if (found.score <= progress_.best_score) return;
  progress_.best_score = found.score;
  progress_.best_step = progress_.step;
  progress_.best_validation = found.figures;
  folder_.save_best([&](const fs::path& folder) { task_.save(saved_values(), folder); });
}

void TrainLoop::save() {
  folder_.save_last(progress_, resumable_, state(),
                    [&](const fs::path& folder) { task_.save(saved_values(), folder); });
}

void TrainLoop::log_step(const StepResult& result, double seconds) {
  const double lr = schedule_.at(progress_.step - 1);
  const double rate = static_cast<double>(options_.batch_size * options_.accumulate) / seconds;
  OrderedJson line = {{"step", progress_.step},
                      {"epoch", epoch()},
                      {"loss", result.loss},
                      {"loss_smoothed", progress_.monitor.smoothed},
                      {"lr", lr},
                      {"grad_norm", result.grad_norm}};
  std::vector<Scalar> scalars = {{"train/loss", result.loss}, {"train/lr", lr}, {"train/grad_norm", result.grad_norm}};
  for (const auto& [name, value] : task_.logged()) {
    line[name] = value;
    scalars.emplace_back("train/" + name, value);
  }
  line["samples_per_s"] = rate;
  scalars.emplace_back("train/samples_per_s", rate);
  results_->write(line);
  events_->write(progress_.step, scalars);
}

void TrainLoop::fail(const char* expected, const std::string& got) const {
  const RunProgress kept = folder_.progress();
  throw InputError("train", "expected {} at step {}, got {}; {} holds the last good state, of step {}", expected,
                   progress_.step + 1, got, folder_.last().string(), kept.step);
}

}  // namespace

void describe_optimizer(LoopOptions& c, OptionSet& o) {
  o.field("batch_size", c.batch_size, "pairs a batch").range(2, 1 << 20);
  o.field("accumulate", c.accumulate, "batches an update; each is contrasted within itself").range(1, 1 << 16);
  o.field("epochs", c.epochs, "passes over the pictures").range(1, kMany);
  o.field("steps", c.steps, "updates, instead of epochs; 0: by epochs").range(0, kMany);
  o.field("lr", c.lr, "peak learning rate").range(0, 10);
  o.field("schedule", c.schedule, "after the warm-up").one_of({"cosine", "constant"});
  o.field("warmup_steps", c.warmup_steps, "updates of linear warm-up").range(0, kMany);
  o.field("weight_decay", c.weight_decay, "AdamW's decay of matrices").range(0, 10);
  o.field("betas", c.betas, "AdamW's two betas");
  o.field("epsilon", c.epsilon, "AdamW's epsilon").range(0, 1);
  o.field("clip_norm", c.clip_norm, "largest gradient norm; 0: no clipping").range(0, 1e9);
  o.field("ema_decay", c.ema_decay, "decay of the running average of weights that is validated and saved; 0: none")
      .range(0, 0.999999);
  o.field("bf16", c.bf16, "bfloat16 autocast in the towers");
}

void describe_run(LoopOptions& c, OptionSet& o) {
  o.field("seed", c.seed, "random seed");
  o.field("threads", c.threads, "threads that compute; 0: all processors").range(0, 4096);
  o.field("workers", c.workers, "threads that read pictures; 0: all processors").range(0, 4096);
  o.field("device", c.device, "where to compute").one_of({"cpu", "cuda"});
  o.field("validate_every", c.validate_every, "epochs between validations").range(1, kMany);
  o.field("checkpoint_every", c.checkpoint_every, "updates between checkpoints besides those at validations; 0: none")
      .range(0, kMany);
  o.field("log_every", c.log_every, "updates between lines of results.jsonl").range(1, kMany);
  o.field("divergence_factor", c.divergence_factor, "a smoothed loss above this many times its best ...").range(1, 1e9);
  o.field("divergence_patience", c.divergence_patience, "... for this many updates ends the run").range(1, kMany);
  o.field("resume", c.resume, "auto: continue what the output folder holds; never: begin anew")
      .one_of({"auto", "never"});
}

void check_loop_options(const LoopOptions& c, const std::string& operation) {
  if (c.betas.size() != 2 || c.betas[0] < 0 || c.betas[0] >= 1 || c.betas[1] < 0 || c.betas[1] >= 1)
    throw UsageError(operation, "expected two --betas in [0, 1), got {}", Json(c.betas).dump());
}

void prepare_process(const LoopOptions& options) {
  if (options.device == "cuda" && !torch::cuda::is_available())
    throw EnvironmentError("train", "expected a CUDA device and a LibTorch built for it, got none");
  set_deterministic();
  at::set_num_threads(options.threads > 0 ? options.threads : available_processors());
}

OrderedJson resumable_options(const OptionSet& options) {
  OrderedJson json = options.to_json();
  for (const char* free :
       {"out", "cache", "threads", "workers", "resume", "checkpoint_every", "log_every", "cache_mib"})
    json.erase(free);
  return json;
}

std::optional<TrainSummary> finished_run(LoopOptions& options, const OrderedJson& resumable) {
  const bool anew = options.resume == "never";
  options.resume = "auto";
  if (!fs::exists(options.out)) return std::nullopt;  // made once the data have been read
  const RunFolder folder(options.out, anew);
  if (!folder.holds_run()) return std::nullopt;
  folder.check_options(resumable);
  const RunProgress p = folder.progress();
  if (!p.finished) return std::nullopt;
  spdlog::info("{}: finished before, at step {}", options.out, p.step);
  return TrainSummary{p.step, p.best_step, p.best_validation, folder.best()};
}

TrainSummary run_training(TrainTask& task, const LoopOptions& options, const OrderedJson& resumable) {
  return TrainLoop(task, options, resumable).run();
}

}  // namespace sensorium
