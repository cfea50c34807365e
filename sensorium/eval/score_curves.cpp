#include "sensorium/eval/score_curves.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sensorium {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// What stands at or above each distinct score, from the highest down.
struct Step {
  double score = 0;
  int64_t positives = 0, negatives = 0;
};

std::vector<Step> steps_of(std::span<const uint8_t> positive, std::span<const double> scores) {
  if (positive.size() != scores.size() || scores.empty())
    throw InputError("evaluate", "expected as many scores as labels, at least one, got {} and {}", scores.size(),
                     positive.size());
  for (size_t i = 0; i < scores.size(); ++i)
    if (!std::isfinite(scores[i]))
      throw InputError("evaluate", "expected finite scores, got {} for item {}", scores[i], i);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  std::vector<Step> steps;
  for (const size_t i : order) {
    if (steps.empty() || steps.back().score != scores[i]) {
      steps.push_back(steps.empty() ? Step{} : steps.back());
      steps.back().score = scores[i];
    }
    ++(positive[i] ? steps.back().positives : steps.back().negatives);
  }
  return steps;
}

double share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : kNan;
}

}  // namespace

RocCurve roc_curve(std::span<const uint8_t> positive, std::span<const double> scores) {
  const auto steps = steps_of(positive, scores);
  RocCurve curve{{0}, {0}, {std::numeric_limits<double>::infinity()}};
  for (const Step& s : steps) {
    curve.false_positive_rate.push_back(share(s.negatives, steps.back().negatives));
    curve.true_positive_rate.push_back(share(s.positives, steps.back().positives));
    curve.thresholds.push_back(s.score);
  }
  return curve;
}

PrecisionRecallCurve precision_recall_curve(std::span<const uint8_t> positive, std::span<const double> scores) {
  const auto steps = steps_of(positive, scores);
  const int64_t all = steps.back().positives;
  PrecisionRecallCurve curve;
  for (auto s = steps.rbegin(); s != steps.rend(); ++s) {
    curve.precision.push_back(share(s->positives, s->positives + s->negatives));
    curve.recall.push_back(all > 0 ? share(s->positives, all) : 1);
    curve.thresholds.push_back(s->score);
  }
  curve.precision.push_back(1);
  curve.recall.push_back(0);
  return curve;
}

double roc_auc(std::span<const uint8_t> positive, std::span<const double> scores) {
  const auto steps = steps_of(positive, scores);
  double won = 0;  // pairs, a tie counting one half
  Step before;
  for (const Step& s : steps) {
    const auto negatives = static_cast<double>(s.negatives - before.negatives);
    won += negatives * (static_cast<double>(before.positives) + static_cast<double>(s.positives)) / 2;
    before = s;
  }
  const double pairs = static_cast<double>(before.positives) * static_cast<double>(before.negatives);
  return pairs > 0 ? won / pairs : kNan;
}

double average_precision(std::span<const uint8_t> positive, std::span<const double> scores) {
  const auto steps = steps_of(positive, scores);
  if (steps.back().positives == 0) return kNan;
  double sum = 0;
  int64_t before = 0;
  for (const Step& s : steps) {
    sum += static_cast<double>(s.positives - before) * share(s.positives, s.positives + s.negatives);
    before = s.positives;
  }
  return sum / static_cast<double>(steps.back().positives);
}

}  // namespace sensorium
