#pragma once
// The core that all our vocabulary trainers share: join the most frequent pair of neighbours, again and again.

#include "sensorium/text/vocabulary.h"

#include <functional>

namespace sensorium {

/// A distinct word of a corpus as a row of symbols, and how often it occurs.
struct CountedWord {
  std::vector<int32_t> symbols;
  int64_t count = 0;
};

struct PairMerge {
  int32_t left, right;  // ids
};

/// Joins the pair of neighbouring symbols with the highest count until `vocabulary` has `vocab_size` tokens or the best
/// count is below max(min_frequency, 1); equal counts go to the smaller left id, then the smaller right id. Each merge
/// appends the token `join(left, right)` unless it exists. Overlapping pairs (aaa) count at each position. Returns the
/// merges in order. Deterministic. Cost: O(total pairs touched, log pairs each). Source: Sennrich, Haddow, Birch, 2016;
/// the tie rule is that of Hugging Face `tokenizers`.
std::vector<PairMerge> merge_pairs(std::vector<CountedWord> words, Vocabulary& vocabulary, int64_t vocab_size,
                                   int64_t min_frequency,
                                   const std::function<std::string(const std::string&, const std::string&)>& join);

}  // namespace sensorium
