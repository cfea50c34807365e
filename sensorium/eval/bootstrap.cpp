#include "sensorium/eval/bootstrap.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/base/threads.h"

#include <algorithm>
#include <cmath>

namespace sensorium {

double quantile(std::vector<double> values, double q) {
  SENSORIUM_ASSERT(!values.empty());
  const double position = static_cast<double>(values.size() - 1) * q;
  const auto low = static_cast<std::ptrdiff_t>(std::floor(position));
  std::nth_element(values.begin(), values.begin() + low, values.end());
  const double a = values[static_cast<size_t>(low)];
  const double share = position - static_cast<double>(low);
  if (share == 0) return a;
  const double b = *std::min_element(values.begin() + low + 1, values.end());
  return a + (b - a) * share;
}

std::vector<Interval> bootstrap_95(const BootstrapPlan& plan,
                                   const std::function<std::vector<double>(std::span<const int64_t>)>& statistics) {
  SENSORIUM_ASSERT(plan.units > 0 && plan.replicates > 0);
  std::vector<std::vector<double>> results(static_cast<size_t>(plan.replicates));
  parallel_for(results.size(), 0, [&](size_t b) {
    CounterRng rng(plan.seed, b);
    std::vector<int64_t> drawn(static_cast<size_t>(plan.units));
    for (auto& d : drawn) d = static_cast<int64_t>(rng.below(static_cast<uint64_t>(plan.units)));
    results[b] = statistics(drawn);
  });
  std::vector<Interval> intervals(results[0].size());
  std::vector<double> column(results.size());
  for (size_t k = 0; k < intervals.size(); ++k) {
    for (size_t b = 0; b < results.size(); ++b) column[b] = results[b][k];
    intervals[k] = {quantile(column, 0.025), quantile(column, 0.975)};
  }
  return intervals;
}

}  // namespace sensorium
