#pragma once
// The loop that every training shares: updates, validation, checkpoints, resuming. What a batch's loss is and how a
// model is validated and saved belongs to the task.

#include "sensorium/base/options.h"
#include "sensorium/train/event_file.h"
#include "sensorium/train/parameters.h"
#include "sensorium/train/run_folder.h"

#include <optional>

namespace sensorium {

/// What any run can be told; the options of each training begin with these.
struct LoopOptions {
  std::string out;
  int64_t batch_size = 256, accumulate = 1, epochs = 10, steps = 0;
  double lr = 1e-3;
  std::string schedule = "cosine";
  int64_t warmup_steps = 100;
  double weight_decay = 0.2;
  std::vector<double> betas = {0.9, 0.98};
  double epsilon = 1e-6, clip_norm = 1, ema_decay = 0;
  bool bf16 = false;

  uint64_t seed = 0;
  int threads = 0, workers = 0;
  std::string device = "cpu";

  int64_t validate_every = 1, checkpoint_every = 0, log_every = 20;
  double divergence_factor = 2;
  int64_t divergence_patience = 500;
  std::string resume = "auto";
};
/// Batches, optimiser and precision; then everything about the run itself. `out` is the caller's to describe.
void describe_optimizer(LoopOptions& options, OptionSet& o);
void describe_run(LoopOptions& options, OptionSet& o);
/// Throws UsageError "[operation] ..." for values that contradict each other.
void check_loop_options(const LoopOptions& options, const std::string& operation);

/// What came of a validation. The checkpoint with the highest score is kept as best/.
struct Validation {
  double score = 0;
  OrderedJson figures;
  std::vector<Scalar> scalars;  // for TensorBoard, by full name
  std::string line;             // for people
};

/// One kind of training. The loop calls these from one thread.
class TrainTask {
 public:
  virtual ~TrainTask() = default;
  /// What trains; the same tensors as long as the task lives.
  virtual const Parameters& parameters() const = 0;
  virtual int64_t batches_per_epoch() const = 0;
  /// The next batch will be `number`.
  virtual void seek(int64_t number) = 0;
  /// Before an update; `progress.mined` is the task's to set.
  virtual void before_update(RunProgress& progress) { (void)progress; }
  /// The loss of batch `number`, with gradients; batches come in order from where `seek` put it.
  virtual torch::Tensor batch_loss(int64_t number) = 0;
  virtual void after_update(int64_t step) { (void)step; }
  virtual void set_training(bool training) = 0;
  /// Tensors that must be restored besides the parameters, the optimiser's and the running average.
  virtual Parameters more_state() { return {}; }
  virtual Validation validate() = 0;
  /// Writes a complete folder; `values`, where not empty, stand for the parameters' own.
  virtual void save(const std::vector<torch::Tensor>& values, const fs::path& folder) = 0;
  /// Figures logged beside loss, rate and gradient norm.
  virtual std::vector<Scalar> logged() { return {}; }
};

/// What a run ended with; figures of the best validation.
struct TrainSummary {
  int64_t steps = 0, best_step = 0;
  OrderedJson best_validation;
  fs::path best;
};

/// Sets threads and determinism for the process. Throws EnvironmentError for a device that is not there.
void prepare_process(const LoopOptions& options);
/// The options that decide the result, as JSON: what a resumed run must share with the run it continues.
OrderedJson resumable_options(const OptionSet& options);
/// The summary of a finished run in the folder, if there is one; `resumable` are its options that decide the result.
/// Throws UsageError where the folder's run had others. With --resume never, removes what the folder holds.
std::optional<TrainSummary> finished_run(LoopOptions& options, const OrderedJson& resumable);
/// Runs to the end, or continues the run in the folder. Throws UsageError for a batch larger than the data, InputError
/// when the loss is not finite or diverges; last/ and best/ are then those of before.
TrainSummary run_training(TrainTask& task, const LoopOptions& options, const OrderedJson& resumable);

/// All of the above: checks the options, and makes and runs a Task(options) where the run is not finished.
template <class Task, class Options>
TrainSummary run_task(Options options) {
  options.check();
  prepare_process(options);
  const OrderedJson resumable = resumable_options(OptionSet::of(options));
  if (const auto finished = finished_run(options, resumable)) return *finished;
  Task task(options);
  return run_training(task, options, resumable);
}

}  // namespace sensorium
