#include "sensorium/classic/rank_fusion.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace sensorium::classic {
namespace {

/// Every item with score 0.
FusedRanks start(const std::vector<RankedList>& lists) {
  FusedRanks fused;
  for (const RankedList& list : lists) {
    std::set<int64_t> seen;
    for (const int64_t item : list) {
      if (!seen.insert(item).second)
        throw InputError("rank fusion", "expected each item once in a list, got {} twice", item);
      fused.scores[item] = 0;
    }
  }
  return fused;
}

FusedRanks sorted(FusedRanks fused) {
  auto& order = fused.order;
  for (const auto& [item, score] : fused.scores) order.push_back(item);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return fused.scores[a] > fused.scores[b]; });
  // Sums that are equal as fractions may differ in the last bit, by the order of their terms.
  for (auto first = order.begin(); first != order.end();) {
    auto last = first + 1;
    while (last != order.end() &&
           std::abs(fused.scores[*(last - 1)] - fused.scores[*last]) <= 1e-14 * std::abs(fused.scores[*first]))
      ++last;
    std::sort(first, last);
    first = last;
  }
  return fused;
}

}  // namespace

FusedRanks reciprocal_ranks(const std::vector<RankedList>& lists, std::span<const double> weights, double constant) {
  if (!weights.empty() && weights.size() != lists.size())
    throw UsageError("rank fusion", "expected a weight for each of {} lists, got {}", lists.size(), weights.size());
  FusedRanks fused = start(lists);
  for (size_t l = 0; l < lists.size(); ++l)
    for (size_t r = 0; r < lists[l].size(); ++r)
      fused.scores[lists[l][r]] += (weights.empty() ? 1.0 : weights[l]) / (constant + static_cast<double>(r + 1));
  return sorted(std::move(fused));
}

FusedRanks borda(const std::vector<RankedList>& lists, bool share_rest) {
  FusedRanks fused = start(lists);
  const auto n = static_cast<double>(fused.scores.size());
  for (const RankedList& list : lists) {
    const std::set<int64_t> inside(list.begin(), list.end());
    for (size_t r = 0; r < list.size(); ++r) fused.scores[list[r]] += n - static_cast<double>(r + 1);
    if (!share_rest) continue;
    for (auto& [item, score] : fused.scores)
      if (!inside.count(item)) score += (n - static_cast<double>(list.size()) - 1) / 2;
  }
  return sorted(std::move(fused));
}

FusedRanks combined_scores(const std::vector<RankedList>& lists, const std::vector<std::vector<double>>& scores,
                           bool by_lists) {
  FusedRanks fused = start(lists);
  if (scores.size() != lists.size())
    throw UsageError("rank fusion", "expected scores for each of {} lists, got {}", lists.size(), scores.size());
  std::map<int64_t, double> holders;
  for (size_t l = 0; l < lists.size(); ++l) {
    if (scores[l].size() != lists[l].size())
      throw InputError("rank fusion", "expected {} scores, got {}", lists[l].size(), scores[l].size());
    if (lists[l].empty()) continue;
    const auto [low, high] = std::minmax_element(scores[l].begin(), scores[l].end());
    for (size_t r = 0; r < lists[l].size(); ++r) {
      fused.scores[lists[l][r]] += *high > *low ? (scores[l][r] - *low) / (*high - *low) : 1.0;
      holders[lists[l][r]] += 1;
    }
  }
  if (by_lists)
    for (auto& [item, score] : fused.scores) score *= holders[item];
  return sorted(std::move(fused));
}

std::vector<int64_t> interleave(const std::vector<RankedList>& lists) {
  std::vector<int64_t> order;
  std::set<int64_t> seen;
  size_t longest = 0;
  for (const RankedList& list : lists) longest = std::max(longest, list.size());
  for (size_t r = 0; r < longest; ++r)
    for (const RankedList& list : lists)
      if (r < list.size() && seen.insert(list[r]).second) order.push_back(list[r]);
  return order;
}

}  // namespace sensorium::classic
