#pragma once
// Which of too many pieces a WordPiece vocabulary keeps.

#include "sensorium/text/vocabulary.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sensorium {

/// The tokens, in order of id, of a vocabulary of at most `size`: those before `first` (special tokens and characters)
/// and the later ones that save most. Joining pairs leaves steps on the way ("##tio" to "##tion") that the longest
/// match hardly ever chooses; they make room for pieces that it does. In rounds, all words are cut by the longest
/// match, and the pieces that save fewest tokens (how often each is chosen, times what it is cut into without itself,
/// less one) go; equal ones from the last. Every word must be spelled in characters of the vocabulary. Deterministic.
/// Source: the pruning of Kudo, "Subword Regularization", ACL 2018, with the longest match for the likeliest cut.
std::vector<std::string> prune_pieces(const std::vector<std::pair<std::string, int64_t>>& words,
                                      const Vocabulary& vocabulary, int64_t first, int64_t size);

}  // namespace sensorium
