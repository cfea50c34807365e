#include "sensorium/eval/significance.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/base/threads.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sensorium {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kSlack = 1e-12;  // sums in another order are still "as far"

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Skewness of the influence of single values on the mean, by the jackknife.
double jackknife_acceleration(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0), mean = sum / n;
  double squares = 0, cubes = 0;
  for (const double v : values) {
    const double d = mean - (sum - v) / (n - 1);
    squares += d * d;
    cubes += d * d * d;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

double chi2_tail(double x) {  // one degree of freedom
  return std::erfc(std::sqrt(x / 2));
}

/// ln of the probability of k of n heads.
double log_binomial(int64_t n, int64_t k) {
  const auto a = static_cast<double>(n), b = static_cast<double>(k);
  return std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1) - a * std::log(2.0);
}

}  // namespace

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

double normal_quantile(double p) {
  if (!(p >= 0 && p <= 1)) return kNan;
  if (p == 0 || p == 1)
    return p == 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  double low = -40, high = 40;
  for (int i = 0; i < 200 && high - low > 0; ++i) {  // monotone, so halving always ends at the nearest value
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

BootstrapSummary summarise_bootstrap(std::span<const double> values, std::span<const double> replicates) {
  SENSORIUM_ASSERT(!values.empty() && replicates.size() > 1);
  const std::vector<double> means(replicates.begin(), replicates.end());
  BootstrapSummary s;
  s.estimate = mean_of(values);
  const double centre = mean_of(means);
  double squares = 0, below = 0;
  for (const double m : means) {
    squares += (m - centre) * (m - centre);
    below += m < s.estimate ? 1 : m == s.estimate ? 0.5 : 0;
  }
  s.standard_error = std::sqrt(squares / static_cast<double>(means.size() - 1));
  s.percentile = {quantile(means, 0.025), quantile(means, 0.975)};
  s.basic = {2 * s.estimate - s.percentile.high, 2 * s.estimate - s.percentile.low};
  s.z0 = normal_quantile(below / static_cast<double>(means.size()));
  s.acceleration = jackknife_acceleration(values);
  const auto level = [&](double p) {
    const double z = s.z0 + normal_quantile(p);
    return normal_cdf(s.z0 + z / (1 - s.acceleration * z));
  };
  s.levels = {level(0.025), level(0.975)};
  s.accelerated = std::isfinite(s.levels.low) && std::isfinite(s.levels.high)
                      ? Interval{quantile(means, s.levels.low), quantile(means, s.levels.high)}
                      : Interval{kNan, kNan};
  return s;
}

std::vector<double> resampled_means(std::span<const double> values, int replicates, uint64_t seed) {
  SENSORIUM_ASSERT(!values.empty() && replicates > 0);
  std::vector<double> means(static_cast<size_t>(replicates));
  parallel_for(means.size(), 0, [&](size_t b) {
    CounterRng rng(seed, b);
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[rng.below(values.size())];
    means[b] = sum / static_cast<double>(values.size());
  });
  return means;
}

McNemar mcnemar(int64_t b, int64_t c) {
  McNemar m{b, c};
  const int64_t n = b + c, k = std::min(b, c);
  if (n == 0) return m;
  double tail = 0;
  for (int64_t i = 0; i <= k; ++i) tail += std::exp(log_binomial(n, i));
  const double point = std::exp(log_binomial(n, k));
  m.exact_p = std::min(1.0, 2 * tail);
  m.mid_p = b == c ? 1 - point : m.exact_p - point;
  const double distance = std::abs(static_cast<double>(b - c)), corrected = std::max(0.0, distance - 1);
  m.chi2 = distance * distance / static_cast<double>(n);
  m.chi2_p = chi2_tail(m.chi2);
  m.chi2_corrected = corrected * corrected / static_cast<double>(n);
  m.chi2_corrected_p = chi2_tail(m.chi2_corrected);
  return m;
}

PairedPermutation permutation_test(std::span<const double> differences, int replicates,
                                   const std::function<bool(int64_t, int64_t)>& turned) {
  SENSORIUM_ASSERT(!differences.empty() && replicates > 0);
  std::vector<double> means(static_cast<size_t>(replicates));
  parallel_for(means.size(), 0, [&](size_t b) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i)
      sum += turned(static_cast<int64_t>(b), static_cast<int64_t>(i)) ? -differences[i] : differences[i];
    means[b] = sum / static_cast<double>(differences.size());
  });
  PairedPermutation p;
  p.statistic = mean_of(differences);
  int64_t above = 0;
  for (const double m : means) {
    p.count_two_sided += std::abs(m) >= std::abs(p.statistic) - kSlack;
    above += m >= p.statistic - kSlack;
  }
  p.p_two_sided = static_cast<double>(1 + p.count_two_sided) / static_cast<double>(1 + replicates);
  p.p_one_sided = static_cast<double>(1 + above) / static_cast<double>(1 + replicates);
  return p;
}

PairedPermutation permutation_test(std::span<const double> differences, int replicates, uint64_t seed) {
  return permutation_test(differences, replicates, [seed](int64_t b, int64_t i) {
    const auto replicate = static_cast<uint64_t>(b), item = static_cast<uint64_t>(i);
    const auto words = philox4x32({static_cast<uint32_t>(item >> 7), static_cast<uint32_t>(replicate),
                                   static_cast<uint32_t>(replicate >> 32), static_cast<uint32_t>(item >> 39)},
                                  {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
    return (words[item / 32 % 4] >> item % 32 & 1) != 0;
  });
}

double exact_permutation_p(std::span<const double> differences) {
  if (differences.empty() || differences.size() > 24)
    throw UsageError("permutation test", "expected 1 to 24 differences, got {}", differences.size());
  const double statistic = std::abs(mean_of(differences));
  const uint64_t patterns = uint64_t{1} << differences.size();
  uint64_t count = 0;
  for (uint64_t pattern = 0; pattern < patterns; ++pattern) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i) sum += pattern >> i & 1 ? -differences[i] : differences[i];
    count += std::abs(sum / static_cast<double>(differences.size())) >= statistic - kSlack;
  }
  return static_cast<double>(count) / static_cast<double>(patterns);
}

}  // namespace sensorium
