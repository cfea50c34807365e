#pragma once
// The unigram language model over pieces: the most probable way to cut a text.
// Source: Kudo, "Subword Regularization", ACL 2018; the search is that of SentencePiece's EncodeOptimized.

#include "sensorium/text/piece_trie.h"

#include <string>

namespace sensorium {

/// One piece of a cut text: its bytes, and its id or the unknown one.
struct CutPiece {
  std::string_view bytes;
  int32_t id;
};

/// Immutable; thread-safe.
class Unigram {
 public:
  struct Piece {
    std::string_view bytes;  // of a string that outlives the model
    int32_t id;
    double score;        // log probability
    bool whole = false;  // user-defined: always taken as a whole
  };
  Unigram() = default;
  /// `lowest` and `highest` are the scores that the unknown token and whole pieces are measured by. `single`: sums are
  /// kept in single precision, as SentencePiece's.
  Unigram(std::vector<Piece> pieces, double lowest, double highest, int32_t unk_id, bool single);

  /// Appends the best cut of valid UTF-8; a character that no piece covers is the unknown id. Equal scores go to the
  /// longest last piece. Cost: O(n times the longest piece).
  void cut(std::string_view text, std::vector<CutPiece>& pieces) const;

 private:
  struct Scored {
    double score = 0;
    bool whole = false;
  };
  double score_of(int32_t id, size_t length) const;
  PieceTrie trie_;
  std::vector<Scored> scores_;  // by id
  double unk_score_ = 0, highest_ = 0;
  int32_t unk_id_ = -1;
  bool single_ = false;
};

}  // namespace sensorium
