#include "sensorium/index/score_calibration.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace sensorium {
namespace {

constexpr int kLargestSteps = 100;
constexpr double kSmallestStep = 1e-10, kRidge = 1e-12, kFlat = 1e-9;

struct Targets {
  double meant, other;
};

double logistic(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

/// -sum of t ln p + (1 - t) ln(1 - p), without overflow.
double loss(std::span<const double> scores, std::span<const uint8_t> meant, Targets targets, double slope,
            double offset) {
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double x = slope * scores[i] + offset, t = meant[i] ? targets.meant : targets.other;
    sum += std::max(x, 0.0) - t * x + std::log1p(std::exp(-std::abs(x)));
  }
  return sum;
}

/// Gradient and Hessian of the loss.
struct Curve {
  double slope = 0, offset = 0, slope2 = kRidge, offset2 = kRidge, both = 0;
};

Curve curve(std::span<const double> scores, std::span<const uint8_t> meant, Targets targets, double slope,
            double offset) {
  Curve c;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double p = logistic(slope * scores[i] + offset);
    const double error = p - (meant[i] ? targets.meant : targets.other), weight = p * (1 - p);
    c.slope += error * scores[i];
    c.offset += error;
    c.slope2 += weight * scores[i] * scores[i];
    c.offset2 += weight;
    c.both += weight * scores[i];
  }
  return c;
}

void check(std::span<const double> scores, std::span<const uint8_t> meant) {
  if (scores.size() != meant.size())
    throw InputError("calibrate", "expected as many scores as judgements, got {} and {}", scores.size(), meant.size());
  for (const double s : scores)
    if (!std::isfinite(s)) throw InputError("calibrate", "expected finite scores, got {}", s);
  const auto positives = std::count_if(meant.begin(), meant.end(), [](uint8_t m) { return m != 0; });
  if (positives == 0 || static_cast<size_t>(positives) == meant.size())
    throw InputError("calibrate", "expected both pairs that are meant and others, got {} of {} meant", positives,
                     meant.size());
}

}  // namespace

double ScoreCalibration::probability(double score) const {
  return logistic(slope * score + offset);
}

OrderedJson to_json(const ScoreCalibration& c) {
  return {{"modality", c.modality}, {"kind", c.kind},       {"slope", c.slope},
          {"offset", c.offset},     {"cut_off", c.cut_off}, {"pairs", c.pairs}};
}

ScoreCalibration calibration_from_json(const Json& json, std::string_view source) {
  return {json_get<std::string>(json, "modality", source), json_get<std::string>(json, "kind", source),
          json_get<double>(json, "slope", source),         json_get<double>(json, "offset", source),
          json_get<double>(json, "cut_off", source),       json_get<int64_t>(json, "pairs", source)};
}

ScoreCalibration fit_calibration(std::span<const double> scores, std::span<const uint8_t> meant) {
  check(scores, meant);
  const auto positives = static_cast<double>(std::count_if(meant.begin(), meant.end(), [](uint8_t m) { return m; }));
  const double negatives = static_cast<double>(meant.size()) - positives;
  const Targets targets{(positives + 1) / (positives + 2), 1 / (negatives + 2)};
  double slope = 0, offset = std::log((positives + 1) / (negatives + 1));
  double value = loss(scores, meant, targets, slope, offset);
  for (int step = 0; step < kLargestSteps; ++step) {
    const Curve c = curve(scores, meant, targets, slope, offset);
    if (std::abs(c.slope) < kFlat && std::abs(c.offset) < kFlat) break;
    const double determinant = c.slope2 * c.offset2 - c.both * c.both;
    const double d_slope = -(c.offset2 * c.slope - c.both * c.offset) / determinant;
    const double d_offset = -(c.slope2 * c.offset - c.both * c.slope) / determinant;
    const double descent = c.slope * d_slope + c.offset * d_offset;
    double length = 1;
    for (; length > kSmallestStep; length /= 2) {
      const double next = loss(scores, meant, targets, slope + length * d_slope, offset + length * d_offset);
      if (next > value + 1e-4 * length * descent) continue;
      slope += length * d_slope;
      offset += length * d_offset;
      value = next;
      break;
    }
    if (length <= kSmallestStep) break;
  }
  ScoreCalibration result;
  result.slope = slope;
  result.offset = offset;
  result.pairs = static_cast<int64_t>(scores.size());
  return result;
}

}  // namespace sensorium
