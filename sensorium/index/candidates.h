#pragma once
// Inside the room: the best rows so far, which rows a query may have, and the exact comparison of all rows.

#include "sensorium/index/row_store.h"

namespace sensorium::index {

struct Candidate {
  float score = 0;
  size_t row = 0;
};

/// Higher scores first, of equal ones the earlier row.
inline bool is_better(const Candidate& a, const Candidate& b) {
  return a.score > b.score || (a.score == b.score && a.row < b.row);
}

/// At most `limit` candidates, the best of those offered. Not thread-safe.
class TopCandidates {
 public:
  explicit TopCandidates(size_t limit) : limit_(limit) {}
  bool wants(const Candidate& c) const { return heap_.size() < limit_ || is_better(c, heap_.front()); }
  void add(const Candidate& c);
  size_t limit() const { return limit_; }
  bool full() const { return heap_.size() == limit_; }
  /// Best first; the object is then spent.
  std::vector<Candidate> sorted();

 private:
  size_t limit_;
  std::vector<Candidate> heap_;  // the worst in front
};

/// Keys of items, as bits.
struct KeySet {
  std::vector<uint64_t> words;
  size_t count = 0;  // keys added
  bool has(int64_t key) const {
    const auto word = static_cast<size_t>(key) / 64;
    return word < words.size() && (words[word] >> (key % 64) & 1) != 0;
  }
  void add(int64_t key);
};

/// The rows that a query may have.
struct AcceptedRows {
  const RowView* rows = nullptr;
  std::vector<uint8_t> kinds;           // by number; empty: all
  std::shared_ptr<const KeySet> items;  // none: all
  bool operator()(size_t row) const {
    if (!rows->is_there(row)) return false;
    const SlotInfo& info = rows->info(row);
    const auto kind = static_cast<size_t>(info.kind);
    if (!kinds.empty() && (kind >= kinds.size() || kinds[kind] == 0)) return false;
    return !items || items->has(info.item);
  }
};

/// Compares the rows from `first` on with every query and offers those accepted to its top; on `threads` threads (0:
/// all) where there is enough to do. The result does not depend on their number. Thread-safe.
void scan_rows(const RowView& rows, size_t first, std::span<const std::vector<float>> queries,
               std::span<const AcceptedRows> accepted, std::span<TopCandidates> tops, int threads);

}  // namespace sensorium::index
