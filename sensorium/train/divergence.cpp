#include "sensorium/train/divergence.h"

#include <algorithm>

namespace sensorium {

bool DivergenceMonitor::diverged(double loss) {
  constexpr double kKeep = 0.98;
  constexpr int64_t kSettle = 50;
  smoothed = steps == 0 ? loss : kKeep * smoothed + (1 - kKeep) * loss;
  if (++steps < kSettle) return false;
  best = std::min(best, smoothed);
  const bool above = smoothed > std::max(factor * best, best + 0.1);
  steps_above = above ? steps_above + 1 : 0;
  return steps_above >= patience;
}

}  // namespace sensorium
