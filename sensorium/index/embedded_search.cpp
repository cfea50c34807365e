// Searching an EmbeddedIndex.

#include "sensorium/index/embedded_index.h"
#include "sensorium/index/item_check.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_set>

namespace sensorium::index {
namespace {

// Note: items that go. A search that meets a row whose item has just been removed is done again on a newer state.
// Between a write's commit and its new state, which is the time that memory needs to follow, there is none yet: then it
// looks again shortly after. That is the one moment in which a reader waits.
constexpr int kTries = 10'000;
constexpr std::chrono::microseconds kPause{100};
/// A filter that takes less than one row in so many is answered by comparing all: the structure would lose its way.
constexpr size_t kFewTimes = 20;

std::vector<uint8_t> numbers_of(const std::vector<std::string>& wanted, const KindNames& kinds) {
  if (wanted.empty()) return {};
  std::vector<uint8_t> numbers(kinds.size() + 1);  // never empty: a kind that no vector has takes none
  for (size_t i = 0; i < kinds.size(); ++i)
    numbers[i] = std::find(wanted.begin(), wanted.end(), kinds[i]) != wanted.end();
  return numbers;
}

/// How many rows are looked for at first: some more where their scores are not exact, or items have several.
size_t first_limit(const RowView& rows, const IndexOptions& options, int k) {
  if (rows.codec->is_exact()) return static_cast<size_t>(k) + 8;
  const int times = options.rescore > 0 ? options.rescore : rows.codec->name() == "pq" ? 20 : 4;
  return static_cast<size_t>(k) * static_cast<size_t>(times) + 8;
}

/// The first row of each item, at most `limit`.
std::vector<Candidate> first_of_items(const RowView& rows, std::span<const Candidate> candidates, size_t limit) {
  std::vector<Candidate> first;
  std::unordered_set<int64_t> seen;
  for (const Candidate& c : candidates) {
    if (first.size() == limit) break;
    if (seen.insert(rows.info(c.row).item).second) first.push_back(c);
  }
  return first;
}

}  // namespace

bool EmbeddedIndex::score_exactly(const State& state, std::span<const float> direction,
                                  std::vector<Candidate>& rows) const {
  const auto exact = make_fp32_codec(options().width);
  const auto scorer = exact->scorer(direction);
  std::vector<float> original(padded_width(options().width));
  auto reader = readers_.take();
  std::vector<Candidate> scored;
  bool whole = true;
  for (const Candidate& c : rows) {
    if (!reader->vector(state.rows.info(c.row).slot, original.data())) {
      whole = false;
      continue;
    }
    scored.push_back({scorer->score(reinterpret_cast<const std::byte*>(original.data())), c.row});
  }
  std::sort(scored.begin(), scored.end(), is_better);
  rows = std::move(scored);
  return whole;
}

std::vector<std::vector<Candidate>> EmbeddedIndex::best_rows(const State& state, std::span<const IndexQuery> queries,
                                                             std::span<const std::vector<float>> directions) const {
  std::vector<std::vector<Candidate>> best(queries.size());
  std::vector<size_t> open(queries.size()), limits(queries.size());
  for (size_t q = 0; q < queries.size(); ++q) open[q] = q, limits[q] = first_limit(state.rows, options(), queries[q].k);
  std::vector<AcceptedRows> all_accepted;
  for (const IndexQuery& query : queries)
    all_accepted.push_back(
        {&state.rows, numbers_of(query.kinds, state.kinds), filters_.items(MetadataFilter(query.filter))});
  while (!open.empty()) {
    std::vector<std::vector<float>> some;
    std::vector<AcceptedRows> accepted;
    std::vector<TopCandidates> tops;
    for (const size_t q : open) {
      some.push_back(directions[q]);
      accepted.push_back(all_accepted[q]);
      tops.emplace_back(limits[q]);
    }
    gather(state, some, accepted, tops);
    std::vector<size_t> again;
    for (size_t i = 0; i < open.size(); ++i) {
      const size_t q = open[i];
      const bool cut = tops[i].full();
      best[q] = tops[i].sorted();
      // Rows of the same items may have filled the list.
      if (cut && first_of_items(state.rows, best[q], static_cast<size_t>(queries[q].k)).size() <
                     static_cast<size_t>(queries[q].k)) {
        limits[q] *= 4;
        again.push_back(q);
      }
    }
    open = std::move(again);
  }
  return best;
}

void EmbeddedIndex::gather(const State& state, std::span<const std::vector<float>> directions,
                           std::span<const AcceptedRows> accepted, std::span<TopCandidates> tops) const {
  if (!state.structure) return scan_rows(state.rows, 0, directions, accepted, tops, options().threads);
  for (size_t q = 0; q < directions.size(); ++q) {
    if (accepted[q].items && accepted[q].items->count * kFewTimes < state.rows.count) {
      scan_rows(state.rows, 0, directions.subspan(q, 1), accepted.subspan(q, 1), tops.subspan(q, 1), options().threads);
      continue;
    }
    state.structure->search({state.rows, accepted[q], directions[q], static_cast<size_t>(options().effort)}, tops[q]);
    scan_rows(state.rows, state.structure->covered(), directions.subspan(q, 1), accepted.subspan(q, 1),
              tops.subspan(q, 1), options().threads);
  }
}

bool EmbeddedIndex::matches_of(const State& state, const IndexQuery& query, std::span<const Candidate> rows,
                               std::vector<IndexMatch>& matches) const {
  const MatchJudge judge(query, state.calibrations);
  auto reader = readers_.take();
  bool whole = true;
  for (const Candidate& c : first_of_items(state.rows, rows, static_cast<size_t>(query.k))) {
    const SlotInfo& info = state.rows.info(c.row);
    IndexMatch match{{}, state.kinds[static_cast<size_t>(info.kind)], c.score, {}, {}};
    if (!judge.takes(match)) continue;
    const auto stored = reader->item(info.item);
    if (!stored) {
      whole = false;
      continue;
    }
    match.id = stored->id;
    match.metadata = parse_json(stored->metadata, folder_.string());
    matches.push_back(std::move(match));
  }
  return whole;
}

std::vector<IndexMatch> EmbeddedIndex::search(const IndexQuery& query) const {
  return search_all(std::span(&query, 1)).front();
}

std::vector<std::vector<IndexMatch>> EmbeddedIndex::search_all(std::span<const IndexQuery> queries) const {
  std::vector<std::vector<float>> directions;
  for (const IndexQuery& query : queries) directions.push_back(query_direction(query, options().width));
  for (int tries = 0;; ++tries) {
    const auto now = state();
    auto best = best_rows(*now, queries, directions);
    std::vector<std::vector<IndexMatch>> matches(queries.size());
    bool whole = true;
    for (size_t q = 0; q < queries.size(); ++q) {
      if (!now->rows.codec->is_exact()) whole &= score_exactly(*now, directions[q], best[q]);
      whole &= matches_of(*now, queries[q], best[q], matches[q]);
    }
    if (whole || tries == kTries) return matches;
    if (state() == now) std::this_thread::sleep_for(kPause);
  }
}

}  // namespace sensorium::index
