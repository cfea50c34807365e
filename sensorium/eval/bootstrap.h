#pragma once
// Bootstrap intervals (Efron, "Bootstrap methods: another look at the jackknife", 1979), by percentiles.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace sensorium {

struct Interval {
  double low = 0, high = 0;
};

/// The q-quantile with linear interpolation at position (n - 1) q, as numpy's default. `values` must not be empty.
double quantile(std::vector<double> values, double q);

/// Middle value, or the mean of the two middle ones. `values` must not be empty.
inline double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

/// How many units are drawn, how often, and from which seed.
struct BootstrapPlan {
  int64_t units = 0;
  int replicates = 1000;
  uint64_t seed = 0;
};

/// For each replicate, draws `units` units with replacement and calls statistics(units drawn), which gives K values;
/// returns the 2.5 % and 97.5 % percentiles of each. The draws depend on (seed, replicate) only, so the result is the
/// same for any number of threads. `statistics` is called from several threads.
std::vector<Interval> bootstrap_95(const BootstrapPlan& plan,
                                   const std::function<std::vector<double>(std::span<const int64_t>)>& statistics);

}  // namespace sensorium
