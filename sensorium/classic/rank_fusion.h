#pragma once
// Fusion of ranked lists of items.

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace sensorium::classic {

/// Items, best first. Each list holds an item once.
using RankedList = std::vector<int64_t>;

/// Items by descending score, equal scores (within 1e-14 relative) by ascending id.
struct FusedRanks {
  std::vector<int64_t> order;
  std::map<int64_t, double> scores;
};

/// sum over lists of weight / (constant + rank), rank from 1, absent 0 (Cormack, Clarke, Buettcher, "Reciprocal rank
/// fusion", 2009). All functions throw InputError for a list that repeats an item, UsageError for other numbers of
/// weights or scores.
FusedRanks reciprocal_ranks(const std::vector<RankedList>& lists, std::span<const double> weights = {},
                            double constant = 60);
/// n - rank points, n the number of distinct items; absent items get 0, or share what the list did not give out.
FusedRanks borda(const std::vector<RankedList>& lists, bool share_rest);
/// Sum of the lists' scores brought to [0, 1] (a list's worst item gets 0; one score alone gets 1), times the number of
/// lists that hold the item where `by_lists` (CombSUM, CombMNZ; Fox, Shaw, "Combination of multiple searches", 1994).
FusedRanks combined_scores(const std::vector<RankedList>& lists, const std::vector<std::vector<double>>& scores,
                           bool by_lists);
/// Round robin, first occurrence kept.
std::vector<int64_t> interleave(const std::vector<RankedList>& lists);

}  // namespace sensorium::classic
