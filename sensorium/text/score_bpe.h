#pragma once
// SentencePiece's byte-pair encoding: neighbours join in the order of their piece's score, over a whole text.

#include "sensorium/text/unigram.h"

#include <functional>

namespace sensorium {

/// What joining needs to know of a vocabulary.
struct ScoredPieces {
  std::function<int32_t(std::string_view)> find;         // id of a piece that may be joined to, or -1
  std::function<float(int32_t)> score;                   // the higher the earlier
  std::function<bool(int32_t)> unused;                   // joined on the way, but cut again at the end
  std::function<size_t(std::string_view)> user_defined;  // length of a piece that stays as it is, or 0
};

/// Appends the pieces of a text with their ids, -1 for one that is none. Equal scores join from left to right.
/// Cost: O(n log n). Source: SentencePiece 0.2, bpe_model.cc; Sennrich, Haddow, Birch, ACL 2016.
void cut_by_scores(std::string_view text, const ScoredPieces& vocabulary, std::vector<CutPiece>& pieces);

}  // namespace sensorium
