#pragma once
// How far probabilities can be believed.

#include <cstdint>
#include <span>
#include <vector>

namespace sensorium {

/// Row-major probabilities (N x K) of N items over K classes.
struct ClassProbabilities {
  std::span<const double> values;
  int64_t classes = 0;
  int64_t items() const { return classes == 0 ? 0 : static_cast<int64_t>(values.size()) / classes; }
  std::span<const double> row(int64_t i) const {
    return values.subspan(static_cast<size_t>(i * classes), static_cast<size_t>(classes));
  }
};

/// -mean ln p(true class), p kept within [2^-52, 1 - 2^-52]. Throws InputError for labels outside [0, classes).
double log_loss(const ClassProbabilities& probabilities, std::span<const int64_t> truth);

/// Mean over items of the sum over classes of (p_c - [c is true])^2, not halved: within [0, 2] (Brier, "Verification
/// of forecasts expressed in terms of probability", 1950). Errors as log_loss.
double brier_score(const ClassProbabilities& probabilities, std::span<const int64_t> truth);

/// Of two classes, from the probability of the positive one: -mean ln, clipped as above; mean (p - y)^2.
double binary_log_loss(std::span<const double> positive, std::span<const uint8_t> truth);
double binary_brier(std::span<const double> positive, std::span<const uint8_t> truth);

struct CalibrationBin {
  int64_t count = 0;
  double confidence = 0, accuracy = 0;  // means over the bin; NaN of an empty one
};

/// Bins of equal width, closed on the right: ((m-1)/B, m/B]; 0 goes to the first.
struct Calibration {
  std::vector<CalibrationBin> bins;
  double expected_error = 0;  // sum over bins of n/N |accuracy - confidence| (Naeini et al., 2015; Guo et al., 2017)
  double largest_error = 0;   // the largest of the bins that are not empty
};

/// From a confidence in [0, 1] for each item and whether it was right. Throws InputError for others, for sides of
/// different length and for no items.
Calibration calibration(std::span<const double> confidence, std::span<const uint8_t> right, int bins = 15);

/// Confidence is the largest probability; right is whether its class (the lowest of equals) is the true one.
Calibration top_label_calibration(const ClassProbabilities& probabilities, std::span<const int64_t> truth,
                                  int bins = 15);

}  // namespace sensorium
