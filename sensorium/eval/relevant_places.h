#pragma once
// Where the relevant items of one query stand in its ranking, kept so that every rule for ties can be answered.

#include "sensorium/eval/rank_law.h"
#include "sensorium/eval/tie_rule.h"

#include <vector>

namespace sensorium {

/// A relevant item: how many items score more, how many score the same (itself among them), how many of these have a
/// lower id.
struct RelevantPlace {
  int64_t greater = 0, equal = 1, lower = 0;
  bool operator<(const RelevantPlace& o) const { return greater != o.greater ? greater < o.greater : lower < o.lower; }
};

/// Of one query, best first. `scores` holds the gallery's, `relevant` the indices of its relevant items, each once.
/// Thread-safe. Cost: a few comparisons an item and relevant item.
std::vector<RelevantPlace> relevant_places(std::span<const double> scores, std::span<const int64_t> relevant);

/// The same when all `gallery` scores are equal, for `relevant` items; ids are not meant.
std::vector<RelevantPlace> places_by_chance(int64_t gallery, int64_t relevant);

/// The law of the best relevant item's rank under random ties.
RankLaw first_law(std::span<const RelevantPlace> places);

/// Places from 1, ascending, under a rule that orders ties (not expected_random, not higher_id_first).
std::vector<int64_t> places_under(std::span<const RelevantPlace> places, TieRule rule);

/// Of ascending places of all R relevant items: how many stand within k, over R and over k.
double recall_fraction_at(std::span<const int64_t> places, int64_t k);
double precision_at(std::span<const int64_t> places, int64_t k);
/// (1 / min(R, k)) sum over relevant items within k of the precision at their place.
double average_precision_at(std::span<const int64_t> places, int64_t k);
/// Gains 1, discounts 1 / log2(place + 1), over the best possible sum (Jarvelin, Kekalainen, "Cumulated gain-based
/// evaluation of IR techniques", 2002).
double ndcg_at(std::span<const int64_t> places, int64_t k);

/// Expectations over random orders of ties (McSherry, Najork, "Computing information retrieval performance measures
/// efficiently in the presence of tied scores", 2008), for galleries of at most the given size. Thread-safe.
class TieExpectations {
 public:
  explicit TieExpectations(int64_t gallery);
  double average_precision(std::span<const RelevantPlace> places) const;
  double ndcg_at(std::span<const RelevantPlace> places, int64_t k) const;

 private:
  std::vector<double> harmonic_;  // 1 + 1/2 + ... + 1/n at n
};

}  // namespace sensorium
