#pragma once
// Byte-pair encoding of one word at a time, by ranked merges (Sennrich, Haddow, Birch, "Neural Machine Translation of
// Rare Words with Subword Units", ACL 2016).

#include "sensorium/text/vocabulary.h"

#include <array>
#include <memory>

namespace sensorium {

/// One line of merges.txt: the two tokens that become one.
using Merge = std::pair<std::string, std::string>;

/// Encodes words over the byte alphabet. Thread-safe; keeps the ids of up to 65,536 words it has met.
class Bpe {
 public:
  /// `suffix` ends the last symbol of each word ("</w>" for CLIP, "" for GPT-2). A byte that the vocabulary lacks is
  /// `unk_id`, or left out when that is -1. Throws InputError naming `source` when a merge or its result is missing in
  /// the vocabulary.
  Bpe(const Vocabulary& vocabulary, const std::vector<Merge>& merges, std::string_view suffix, int32_t unk_id,
      std::string_view source);
  ~Bpe();

  /// Appends the ids of a word (raw bytes, not byte characters). Cost: O(n log n) for a new word, one look-up for a
  /// known one.
  void encode(std::string_view word, std::vector<int32_t>& ids) const;
  /// The same without the memory of words; the reference of the tests.
  void encode_uncached(std::string_view word, std::vector<int32_t>& ids) const;

 private:
  struct Rule {
    int32_t rank, id;
  };
  struct WordCache;
  const Rule* rule(int32_t left, int32_t right) const;

  std::array<int32_t, 256> inner_, last_;  // id of each byte inside a word, and at its end
  std::unordered_map<uint64_t, Rule> rules_;
  std::unique_ptr<WordCache> cache_;
};

/// Parses merges.txt: an optional "#version" line, then two tokens a line separated by one space. Throws InputError
/// naming the file and the line.
std::vector<Merge> parse_merges(std::string_view content, std::string_view source);
/// The text of merges.txt.
std::string format_merges(const std::vector<Merge>& merges);

}  // namespace sensorium
