#pragma once
// Where the first relevant item of a ranking stands when equal scores are ordered at random.

#include <cstdint>
#include <span>

namespace sensorium {

/// The law of the first relevant item's rank (from 1): `greater` items score above the best relevant item; `relevant`
/// items, at least 1, and `other` irrelevant ones share its score, in uniformly random order.
struct RankLaw {
  int64_t greater = 0, relevant = 1, other = 0;

  /// Probability that the rank is at most k: 1 - C(m + P - t, P) / C(m + P, P) with t = k - greater.
  double within(int64_t k) const;
  /// greater + (m + P + 1) / (P + 1).
  double expected_rank() const;
  /// The expectation of 1 / rank. Cost: one step a tied item.
  double expected_reciprocal() const;
};

/// The law of one query. `scores` holds the gallery's scores, `relevant` the indices of its relevant items, at least
/// one, each once. Thread-safe. Cost: two comparisons an item.
RankLaw rank_law(std::span<const double> scores, std::span<const int64_t> relevant);

}  // namespace sensorium
