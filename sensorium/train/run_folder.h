#pragma once
// A run's output folder: its checkpoints, its state, and whether it may be continued.

#include "sensorium/base/json.h"
#include "sensorium/train/divergence.h"
#include "sensorium/train/parameters.h"

#include <functional>

namespace sensorium {

/// What a run must remember besides tensors.
struct RunProgress {
  int64_t step = 0;  // updates done
  bool finished = false;
  bool mined = false;  // the hard negatives among the tensors are in use
  int64_t best_step = 0;
  double best_score = -1;
  OrderedJson best_validation;
  DivergenceMonitor monitor;
};

/// Not thread-safe.
class RunFolder {
 public:
  /// Creates the folder, mends what a kill left. With `anew`, removes an earlier run's checkpoints and logs.
  RunFolder(const fs::path& folder, bool anew);
  /// Whether there is a run to continue or one that is finished.
  bool holds_run() const;
  /// Throws UsageError naming the first option that differs from the folder's run, with both values.
  void check_options(const OrderedJson& options) const;
  /// Restores `tensors` in place.
  RunProgress load(const Parameters& tensors) const;
  /// The state without tensors.
  RunProgress progress() const;
  /// Replaces last/ (or best/, which has no state) by what `write_model` writes.
  void save_last(const RunProgress& progress, const OrderedJson& options, const Parameters& tensors,
                 const std::function<void(const fs::path&)>& write_model) const;
  void save_best(const std::function<void(const fs::path&)>& write_model) const;
  fs::path last() const { return folder_ / "last"; }
  fs::path best() const { return folder_ / "best"; }
  const fs::path& path() const { return folder_; }

 private:
  Json state() const;
  fs::path folder_;
};

}  // namespace sensorium
