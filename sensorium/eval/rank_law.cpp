#include "sensorium/eval/rank_law.h"

#include "sensorium/base/error.h"

#include <algorithm>

namespace sensorium {

double RankLaw::within(int64_t k) const {
  const int64_t t = k - greater;
  if (t <= 0) return 0;
  if (t > other) return 1;
  double all_other = 1;  // probability that the first t of the tied items are irrelevant
  for (int64_t i = 0; i < t; ++i)
    all_other *= static_cast<double>(other - i) / static_cast<double>(other + relevant - i);
  return 1 - all_other;
}

double RankLaw::expected_rank() const {
  return static_cast<double>(greater) + static_cast<double>(other + relevant + 1) / static_cast<double>(relevant + 1);
}

double RankLaw::expected_reciprocal() const {
  const auto p = static_cast<double>(relevant), m = static_cast<double>(other);
  double probability = p / (m + p), sum = 0;  // of place t among the tied items
  for (int64_t t = 1; t <= other + 1; ++t) {
    sum += probability / static_cast<double>(greater + t);
    const auto done = static_cast<double>(t);
    if (t <= other) probability *= (m - done + 1) / (m + p - done);
  }
  return sum;
}

RankLaw rank_law(std::span<const double> scores, std::span<const int64_t> relevant) {
  SENSORIUM_ASSERT(!relevant.empty());
  double best = scores[static_cast<size_t>(relevant[0])];
  for (const int64_t i : relevant) best = std::max(best, scores[static_cast<size_t>(i)]);
  int64_t greater = 0, equal = 0;
  for (const double s : scores) {
    greater += s > best;
    equal += s == best;
  }
  const auto tied = std::count_if(relevant.begin(), relevant.end(),
                                  [&](int64_t i) { return scores[static_cast<size_t>(i)] == best; });
  return {greater, tied, equal - tied};
}

}  // namespace sensorium
