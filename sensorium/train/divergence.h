#pragma once
// Is training still getting anywhere?

#include <cstdint>
#include <limits>

namespace sensorium {

/// Watches the loss, smoothed over some 50 steps: a run has diverged when that stays above `factor` times its best (or
/// 0.1 above it, where the best is small) for `patience` steps. The four numbers are saved with a checkpoint, so that a
/// resumed run decides the same.
struct DivergenceMonitor {
  double factor = 2;
  int64_t patience = 500;

  int64_t steps = 0, steps_above = 0;
  double smoothed = 0;
  double best = std::numeric_limits<double>::max();

  /// Takes the (finite) loss of the next step and says whether the run has diverged.
  bool diverged(double loss);
};

}  // namespace sensorium
