#pragma once
// The learning rate as a function of the step.

#include <cstdint>

namespace sensorium {

enum class ScheduleKind { constant, cosine };

/// Rises linearly over `warmup` steps to `base`, then stays, or falls along half a cosine to 0 at `total` (Loshchilov,
/// Hutter, "SGDR", 2016, without restarts).
struct Schedule {
  ScheduleKind kind = ScheduleKind::cosine;
  double base = 1e-3;
  int64_t warmup = 0, total = 1;

  /// For update `step`, counted from 0: base (step + 1) / warmup while step < warmup.
  double at(int64_t step) const;
};

}  // namespace sensorium
