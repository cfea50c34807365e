#include "sensorium/index/candidates.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"

#include <algorithm>

namespace sensorium::index {
namespace {

/// Rows compared with all queries before the next ones: they stay in the cache.
constexpr size_t kTogether = 64;
/// Bytes below which another thread costs more than it saves.
constexpr size_t kBytesPerThread = size_t{4} << 20;

void scan_part(const RowView& rows, size_t first, size_t last, std::span<const std::vector<float>> queries,
               std::span<const AcceptedRows> accepted, std::vector<TopCandidates>& tops) {
  const auto scorer = rows.codec->batch_scorer(queries);
  std::vector<float> scores(queries.size() * kTogether);
  for (size_t at = first; at < last;) {
    const size_t in_block = kBlockRows - at % kBlockRows;
    const size_t count = std::min({kTogether, in_block, last - at});
    scorer->score(rows.row(at), count, scores.data(), kTogether);
    for (size_t q = 0; q < queries.size(); ++q)
      for (size_t i = 0; i < count; ++i) {
        const Candidate c{scores[q * kTogether + i], at + i};
        if (tops[q].wants(c) && accepted[q](c.row)) tops[q].add(c);
      }
    at += count;
  }
}

}  // namespace

void TopCandidates::add(const Candidate& c) {
  if (full()) {
    if (!is_better(c, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), is_better);
    heap_.back() = c;
  } else {
    heap_.push_back(c);
  }
  std::push_heap(heap_.begin(), heap_.end(), is_better);
}

std::vector<Candidate> TopCandidates::sorted() {
  std::sort(heap_.begin(), heap_.end(), is_better);
  return std::move(heap_);
}

void KeySet::add(int64_t key) {
  const auto word = static_cast<size_t>(key) / 64;
  if (word >= words.size()) words.resize(word + 1);
  words[word] |= uint64_t{1} << (key % 64);
  ++count;
}

void scan_rows(const RowView& rows, size_t first, std::span<const std::vector<float>> queries,
               std::span<const AcceptedRows> accepted, std::span<TopCandidates> tops, int threads) {
  SENSORIUM_ASSERT(queries.size() == accepted.size() && queries.size() == tops.size());
  if (first >= rows.count) return;
  const size_t count = rows.count - first;
  const size_t worth = count * rows.codec->row_bytes() * std::max<size_t>(1, queries.size() / 4) / kBytesPerThread;
  const auto most = static_cast<size_t>(threads > 0 ? threads : available_processors());
  const size_t parts = std::clamp<size_t>(worth, 1, most);
  std::vector<TopCandidates> none;
  for (const TopCandidates& top : tops) none.emplace_back(top.limit());
  std::vector<std::vector<TopCandidates>> found(parts, none);
  parallel_for(parts, static_cast<int>(parts), [&](size_t p) {
    scan_part(rows, first + count * p / parts, first + count * (p + 1) / parts, queries, accepted, found[p]);
  });
  for (size_t q = 0; q < tops.size(); ++q)
    for (auto& part : found)
      for (const Candidate& c : part[q].sorted()) tops[q].add(c);
}

}  // namespace sensorium::index
