#include "sensorium/eval/class_scores.h"

#include "sensorium/base/error.h"
#include "sensorium/eval/score_curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sensorium {
namespace {

constexpr const char* kOperation = "evaluate";
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void require_labels(const ClassProbabilities& scores, std::span<const int64_t> truth) {
  if (scores.items() != static_cast<int64_t>(truth.size()) || truth.empty())
    throw InputError(kOperation, "expected a row of scores an item, at least one, got {} and {}", scores.items(),
                     truth.size());
  for (size_t i = 0; i < truth.size(); ++i)
    if (truth[i] < 0 || truth[i] >= scores.classes)
      throw InputError(kOperation, "expected classes below {}, got {} for item {}", scores.classes, truth[i], i);
}

/// Probability that the true class is within the first k.
double within(std::span<const double> row, size_t own, int64_t k, TieRule ties) {
  int64_t greater = 0, equal = 0, lower = 0;  // equal: the true class with it; lower: equal ones with a lower id
  for (size_t c = 0; c < row.size(); ++c) {
    greater += row[c] > row[own];
    equal += row[c] == row[own];
    lower += c < own && row[c] == row[own];
  }
  switch (ties) {
    case TieRule::lower_id_first:
      return greater + lower < k;
    case TieRule::higher_id_first:
      return greater + equal - 1 - lower < k;
    case TieRule::optimistic:
      return greater < k;
    case TieRule::pessimistic:
      return greater + equal - 1 < k;
    case TieRule::expected_random:
      return std::clamp(static_cast<double>(k - greater) / static_cast<double>(equal), 0.0, 1.0);
  }
  return kNan;
}

/// A class's scores, and which items are of that class; items of neither class of a pair are left out.
template <class Keep>
std::pair<std::vector<uint8_t>, std::vector<double>> column(const ClassProbabilities& scores,
                                                            std::span<const int64_t> truth, int64_t c, Keep&& keep) {
  std::pair<std::vector<uint8_t>, std::vector<double>> out;
  for (size_t i = 0; i < truth.size(); ++i) {
    if (!keep(truth[i])) continue;
    out.first.push_back(truth[i] == c);
    out.second.push_back(scores.row(static_cast<int64_t>(i))[static_cast<size_t>(c)]);
  }
  return out;
}

template <class Figure>
std::vector<double> per_class(const ClassProbabilities& scores, std::span<const int64_t> truth, Figure&& figure) {
  require_labels(scores, truth);
  std::vector<double> values;
  for (int64_t c = 0; c < scores.classes; ++c) {
    const auto [positive, own] = column(scores, truth, c, [](int64_t) { return true; });
    values.push_back(figure(positive, own));
  }
  return values;
}

}  // namespace

double top_k_accuracy(const ClassProbabilities& scores, std::span<const int64_t> truth, int64_t k, TieRule ties) {
  require_labels(scores, truth);
  double sum = 0;
  for (size_t i = 0; i < truth.size(); ++i)
    sum += within(scores.row(static_cast<int64_t>(i)), static_cast<size_t>(truth[i]), k, ties);
  return sum / static_cast<double>(truth.size());
}

std::vector<double> roc_auc_per_class(const ClassProbabilities& scores, std::span<const int64_t> truth) {
  return per_class(scores, truth, [](const auto& positive, const auto& own) { return roc_auc(positive, own); });
}

std::vector<double> average_precision_per_class(const ClassProbabilities& scores, std::span<const int64_t> truth) {
  return per_class(scores, truth,
                   [](const auto& positive, const auto& own) { return average_precision(positive, own); });
}

double mean_of_defined(std::span<const double> values) {
  double sum = 0;
  int64_t n = 0;
  for (const double v : values)
    if (!std::isnan(v)) sum += v, ++n;
  return n > 0 ? sum / static_cast<double>(n) : kNan;
}

double roc_auc_one_vs_one(const ClassProbabilities& scores, std::span<const int64_t> truth, bool by_support) {
  require_labels(scores, truth);
  double sum = 0, weights = 0;
  for (int64_t a = 0; a < scores.classes; ++a)
    for (int64_t b = a + 1; b < scores.classes; ++b) {
      const auto of_pair = [&](int64_t t) { return t == a || t == b; };
      const auto [is_a, score_a] = column(scores, truth, a, of_pair);
      const auto [is_b, score_b] = column(scores, truth, b, of_pair);
      if (is_a.empty()) return kNan;
      const double weight = by_support ? static_cast<double>(is_a.size()) : 1;
      sum += weight * (roc_auc(is_a, score_a) + roc_auc(is_b, score_b)) / 2;
      weights += weight;
    }
  return weights > 0 ? sum / weights : kNan;
}

}  // namespace sensorium
