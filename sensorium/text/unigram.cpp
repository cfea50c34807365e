#include "sensorium/text/unigram.h"

#include <algorithm>

#include "sensorium/text/unicode.h"

namespace sensorium {

namespace {
constexpr double kUnkPenalty = 10;
}

Unigram::Unigram(std::vector<Piece> pieces, double lowest, double highest, int32_t unk_id, bool single)
    : highest_(highest), unk_id_(unk_id), single_(single) {
  unk_score_ = single ? static_cast<float>(lowest) - static_cast<float>(kUnkPenalty) : lowest - kUnkPenalty;
  std::vector<std::pair<std::string_view, int32_t>> keys;
  keys.reserve(pieces.size());
  for (const Piece& p : pieces) {
    keys.emplace_back(p.bytes, p.id);
    if (static_cast<size_t>(p.id) >= scores_.size()) scores_.resize(static_cast<size_t>(p.id) + 1);
    scores_[p.id] = {p.score, p.whole};
  }
  trie_ = PieceTrie(std::move(keys));
}

double Unigram::score_of(int32_t id, size_t length) const {
  const Scored& s = scores_[id];
  if (!s.whole) return s.score;
  const auto n = static_cast<double>(length);
  return (single_ ? static_cast<double>(static_cast<float>(n) * static_cast<float>(highest_)) : n * highest_) - 0.1;
}

void Unigram::cut(std::string_view text, std::vector<CutPiece>& pieces) const {
  struct End {
    double score = 0;
    size_t begin = SIZE_MAX;  // of the last piece on the best way here
    int32_t id = -1;
  };
  std::vector<End> ends(text.size() + 1);
  const auto offer = [&](size_t begin, size_t end, int32_t id, double score) {
    End& e = ends[end];
    if (single_) score = static_cast<float>(score);
    if (e.begin == SIZE_MAX || score > e.score) e = {score, begin, id};
  };
  for (size_t at = 0; at < text.size();) {
    size_t next = at;
    unicode::next(text, next);
    const double here = ends[at].score;
    bool covered = false;
    trie_.prefixes(text.substr(at), [&](size_t length, int32_t id) {
      offer(at, at + length, id, score_of(id, length) + here);
      covered |= at + length == next;
    });
    if (!covered) offer(at, next, unk_id_, unk_score_ + here);
    at = next;
  }
  const size_t first = pieces.size();
  for (size_t end = text.size(); end > 0; end = ends[end].begin)
    pieces.push_back({text.substr(ends[end].begin, end - ends[end].begin), ends[end].id});
  std::reverse(pieces.begin() + static_cast<std::ptrdiff_t>(first), pieces.end());
}

}  // namespace sensorium
