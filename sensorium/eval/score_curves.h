#pragma once
// How well scores separate positives from negatives, at every threshold. Equal scores enter together.

#include <cstdint>
#include <span>
#include <vector>

namespace sensorium {

/// Rates at thresholds from above: the first point is (0, 0) at infinity, then one a distinct score.
struct RocCurve {
  std::vector<double> false_positive_rate, true_positive_rate, thresholds;
};
/// Throws InputError for sides of different length, no items or scores that are not finite. Rates of a side without
/// items are NaN.
RocCurve roc_curve(std::span<const uint8_t> positive, std::span<const double> scores);

/// Precision and recall at each distinct score, ascending, and then the point (recall 0, precision 1) that has no
/// threshold.
struct PrecisionRecallCurve {
  std::vector<double> precision, recall, thresholds;
};
/// Errors as roc_curve; recall is 1 throughout where there are no positives.
PrecisionRecallCurve precision_recall_curve(std::span<const uint8_t> positive, std::span<const double> scores);

/// P(score of a positive > that of a negative) + P(equal) / 2; NaN where either is missing. Errors as roc_curve. Cost:
/// one sort.
double roc_auc(std::span<const uint8_t> positive, std::span<const double> scores);

/// Sum over thresholds of (R_n - R_{n-1}) P_n, without interpolation; NaN without positives. Errors as roc_curve.
double average_precision(std::span<const uint8_t> positive, std::span<const double> scores);

}  // namespace sensorium
