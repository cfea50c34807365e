#include "sensorium/text/score_bpe.h"

#include <algorithm>
#include <queue>

namespace sensorium {

namespace {

struct Symbol {
  std::string_view bytes;  // empty: merged away
  int32_t previous, next;  // neighbours by index; -1 at the ends
  bool fixed;
};

struct Candidate {
  float score;
  int32_t left, right;
  size_t size;
  int32_t id;
  bool operator<(const Candidate& o) const { return score != o.score ? score < o.score : left > o.left; }  // a max-heap
};

/// Bytes of the character that starts with this byte, as SentencePiece counts them.
size_t character_length(char first) {
  return "\1\1\1\1\1\1\1\1\1\1\1\1\2\2\3\4"[static_cast<unsigned char>(first) >> 4];
}

class Joiner {
 public:
  Joiner(std::string_view text, const ScoredPieces& vocabulary) : vocabulary_(vocabulary) {
    while (!text.empty()) {
      const size_t whole = vocabulary.user_defined(text);
      const size_t n = whole > 0 ? whole : std::min(character_length(text[0]), text.size());
      const auto index = static_cast<int32_t>(symbols_.size());
      symbols_.push_back({text.substr(0, n), index - 1, text.size() == n ? -1 : index + 1, whole > 0});
      text.remove_prefix(n);
    }
    for (int32_t i = 1; i < static_cast<int32_t>(symbols_.size()); ++i) consider(i - 1, i);
  }

  void join_all() {
    while (!candidates_.empty()) {
      const Candidate best = candidates_.top();
      candidates_.pop();
      Symbol &left = symbols_[best.left], &right = symbols_[best.right];
      if (left.bytes.empty() || right.bytes.empty() || left.bytes.size() + right.bytes.size() != best.size) continue;
      left.bytes = {left.bytes.data(), best.size};
      left.next = right.next;
      if (right.next >= 0) symbols_[right.next].previous = best.left;
      right.bytes = {};
      consider(left.previous, best.left);
      consider(best.left, left.next);
    }
  }

  void collect(std::vector<CutPiece>& pieces) const {
    if (symbols_.empty()) return;
    std::vector<std::string_view> open;
    for (int32_t i = 0; i >= 0; i = symbols_[i].next) {
      open.push_back(symbols_[i].bytes);
      while (!open.empty()) {  // unused pieces come apart again
        const std::string_view bytes = open.back();
        open.pop_back();
        const int32_t id = vocabulary_.find(bytes);
        const auto parts = id >= 0 && vocabulary_.unused(id) ? parts_.find(bytes) : parts_.end();
        if (parts == parts_.end()) {
          pieces.push_back({bytes, id});
          continue;
        }
        open.push_back(bytes.substr(parts->second));
        open.push_back(bytes.substr(0, parts->second));
      }
    }
  }

 private:
  void consider(int32_t left, int32_t right) {
    if (left < 0 || right < 0 || symbols_[left].fixed || symbols_[right].fixed) return;
    const size_t size = symbols_[left].bytes.size() + symbols_[right].bytes.size();
    const std::string_view bytes(symbols_[left].bytes.data(), size);
    const int32_t id = vocabulary_.find(bytes);
    if (id < 0) return;
    candidates_.push({vocabulary_.score(id), left, right, size, id});
    if (vocabulary_.unused(id)) parts_[bytes] = symbols_[left].bytes.size();
  }

  const ScoredPieces& vocabulary_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate> candidates_;
  std::unordered_map<std::string_view, size_t> parts_;  // where an unused piece was joined
};

}  // namespace

void cut_by_scores(std::string_view text, const ScoredPieces& vocabulary, std::vector<CutPiece>& pieces) {
  Joiner joiner(text, vocabulary);
  joiner.join_all();
  joiner.collect(pieces);
}

}  // namespace sensorium
