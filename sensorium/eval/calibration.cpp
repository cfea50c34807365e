#include "sensorium/eval/calibration.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sensorium {
namespace {

constexpr const char* kOperation = "evaluate";
constexpr double kEpsilon = 0x1p-52;

double log_of(double p) {
  return std::log(std::clamp(p, kEpsilon, 1 - kEpsilon));
}

void require_labels(const ClassProbabilities& p, std::span<const int64_t> truth) {
  if (p.items() != static_cast<int64_t>(truth.size()) || truth.empty())
    throw InputError(kOperation, "expected a row of probabilities an item, at least one, got {} and {}", p.items(),
                     truth.size());
  for (size_t i = 0; i < truth.size(); ++i)
    if (truth[i] < 0 || truth[i] >= p.classes)
      throw InputError(kOperation, "expected classes below {}, got {} for item {}", p.classes, truth[i], i);
}

void require_same(size_t a, size_t b) {
  if (a != b || a == 0)
    throw InputError(kOperation, "expected as many probabilities as labels, at least one, got {} and {}", a, b);
}

}  // namespace

double log_loss(const ClassProbabilities& probabilities, std::span<const int64_t> truth) {
  require_labels(probabilities, truth);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i)
    sum -= log_of(probabilities.row(static_cast<int64_t>(i))[static_cast<size_t>(truth[i])]);
  return sum / static_cast<double>(truth.size());
}

double brier_score(const ClassProbabilities& probabilities, std::span<const int64_t> truth) {
  require_labels(probabilities, truth);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const auto row = probabilities.row(static_cast<int64_t>(i));
    for (size_t c = 0; c < row.size(); ++c) {
      const double d = row[c] - static_cast<double>(static_cast<int64_t>(c) == truth[i]);
      sum += d * d;
    }
  }
  return sum / static_cast<double>(truth.size());
}

double binary_log_loss(std::span<const double> positive, std::span<const uint8_t> truth) {
  require_same(positive.size(), truth.size());
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) sum -= log_of(truth[i] ? positive[i] : 1 - positive[i]);
  return sum / static_cast<double>(truth.size());
}

double binary_brier(std::span<const double> positive, std::span<const uint8_t> truth) {
  require_same(positive.size(), truth.size());
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const double d = positive[i] - static_cast<double>(truth[i] != 0);
    sum += d * d;
  }
  return sum / static_cast<double>(truth.size());
}

Calibration calibration(std::span<const double> confidence, std::span<const uint8_t> right, int bins) {
  require_same(confidence.size(), right.size());
  if (bins < 1) throw UsageError(kOperation, "expected at least one bin, got {}", bins);
  Calibration c;
  c.bins.resize(static_cast<size_t>(bins));
  for (size_t i = 0; i < confidence.size(); ++i) {
    const double p = confidence[i];
    if (!(p >= 0 && p <= 1 + 1e-9))
      throw InputError(kOperation, "expected probabilities between 0 and 1, got {} for item {}", p, i);
    const auto bin = static_cast<int64_t>(std::ceil(p * bins)) - 1;
    CalibrationBin& b = c.bins[static_cast<size_t>(std::clamp<int64_t>(bin, 0, bins - 1))];
    ++b.count;
    b.confidence += p;
    b.accuracy += right[i] != 0;
  }
  for (CalibrationBin& b : c.bins) {
    if (b.count == 0) {
      b.confidence = b.accuracy = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const auto n = static_cast<double>(b.count);
    b.confidence /= n;
    b.accuracy /= n;
    const double gap = std::abs(b.accuracy - b.confidence);
    c.expected_error += n / static_cast<double>(confidence.size()) * gap;
    c.largest_error = std::max(c.largest_error, gap);
  }
  return c;
}

Calibration top_label_calibration(const ClassProbabilities& probabilities, std::span<const int64_t> truth, int bins) {
  require_labels(probabilities, truth);
  std::vector<double> confidence;
  std::vector<uint8_t> right;
  for (size_t i = 0; i < truth.size(); ++i) {
    const auto row = probabilities.row(static_cast<int64_t>(i));
    const auto best = std::max_element(row.begin(), row.end());
    confidence.push_back(*best);
    right.push_back(best - row.begin() == truth[i]);
  }
  return calibration(confidence, right, bins);
}

}  // namespace sensorium
