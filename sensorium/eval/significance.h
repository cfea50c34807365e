#pragma once
// Whether two runs on the same items differ, and how sure a mean is.

#include "sensorium/eval/bootstrap.h"

#include <functional>

namespace sensorium {

/// Distribution function of the standard normal law, and its inverse (NaN outside [0, 1]).
double normal_cdf(double z);
double normal_quantile(double p);

/// Intervals of a mean from means of resamples (Efron, Tibshirani, "An introduction to the bootstrap", 1993).
struct BootstrapSummary {
  double estimate = 0, standard_error = 0;  // standard error: of the replicates, divided by B - 1
  Interval percentile, basic, accelerated;  // 95 %; accelerated: bias-corrected, BCa (chapter 14)
  double z0 = 0, acceleration = 0;          // of the latter
  Interval levels;                          // the quantiles that it takes
};
/// `replicates` holds the mean of `values` in each resample, at least two. The accelerated interval is NaN where the
/// replicates or the values do not vary.
BootstrapSummary summarise_bootstrap(std::span<const double> values, std::span<const double> replicates);

/// Means of `replicates` resamples with replacement; they depend on (seed, replicate) only.
std::vector<double> resampled_means(std::span<const double> values, int replicates, uint64_t seed);

/// McNemar's test (1947) on items that exactly one of two runs got right: b by the first, c by the second.
struct McNemar {
  int64_t b = 0, c = 0;
  double exact_p = 1, mid_p = 1;                    // binomial, two-sided; mid-p: Fagerland et al., 2013
  double chi2 = 0, chi2_p = 1;                      // (b - c)^2 / (b + c)
  double chi2_corrected = 0, chi2_corrected_p = 1;  // max(0, |b - c| - 1)^2 / (b + c)
};
McNemar mcnemar(int64_t b, int64_t c);

/// A test of paired values whose differences have a random sign if nothing differs.
struct PairedPermutation {
  double statistic = 0;                     // mean difference
  int64_t count_two_sided = 0;              // replicates at least as far from 0
  double p_two_sided = 1, p_one_sided = 1;  // (1 + count) / (1 + replicates); one-sided: the first is larger
};
/// `sign(replicate, item)` says whether that difference is turned. Called from several threads.
PairedPermutation permutation_test(std::span<const double> differences, int replicates,
                                   const std::function<bool(int64_t, int64_t)>& turned);
/// Signs from a seed; they depend on (seed, replicate, item) only.
PairedPermutation permutation_test(std::span<const double> differences, int replicates, uint64_t seed);
/// Over all 2^n patterns, for at most 24 differences: the share at least as far from 0. Throws UsageError for more.
double exact_permutation_p(std::span<const double> differences);

}  // namespace sensorium
