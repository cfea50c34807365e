#pragma once
// Phrases that mean the same: METEOR's table of paraphrases found by pivoting through other languages (Denkowski and
// Lavie, "Meteor-NEXT and the METEOR paraphrase tables", 2010).

#include "sensorium/base/file.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sensorium {

/// Phrases by number, and pairs of them. Thread-safe to use.
///
/// Note: phrases are kept as 64-bit hashes of their text only. With the 2.6 million phrases of the English table the
/// chance that a phrase outside it passes for one inside is 1.4e-13.
class MeteorParaphrases {
 public:
  /// Most words in a phrase that `read` takes.
  static constexpr size_t kMostWords = 16;

  /// No phrases.
  MeteorParaphrases() = default;
  /// Reads a table, compressed by gzip or plain: a line with a weight (unused), one with a phrase, one with its
  /// paraphrase, and so on. Throws InputError naming file and line, expected and found.
  static MeteorParaphrases read(const fs::path& path);

  /// The number of a phrase: words with single spaces between.
  std::optional<uint32_t> number_of(std::string_view phrase) const;
  /// Numbers of a phrase's paraphrases, in the table's order.
  std::span<const uint32_t> of(uint32_t phrase) const;
  /// Words of the longest phrase; 0 when there are none.
  size_t longest() const { return longest_; }
  size_t pairs() const { return targets_.size(); }

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t number = 0;
  };
  size_t slot_of(uint64_t hash) const;
  uint32_t add(std::string_view phrase);
  void grow();

  std::vector<Slot> slots_;  // open addressing; hash 0 is empty
  uint32_t phrases_ = 0;
  size_t longest_ = 0;
  std::vector<uint32_t> offsets_, targets_;  // the paraphrases of p: targets_[offsets_[p], offsets_[p + 1])
};

}  // namespace sensorium
