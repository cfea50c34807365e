#pragma once
// The normalisation rules compiled into SentencePiece models: a map from strings to strings in a double-array trie.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sensorium {

/// A compiled map from UTF-8 prefixes to replacements. Immutable; thread-safe.
/// Source: Kudo, Richardson, "SentencePiece", EMNLP 2018, normalizer.cc; Yata, darts-clone (the trie's layout).
class Charsmap {
 public:
  Charsmap() = default;
  /// Parses `precompiled_charsmap`: the trie's size, its units, and the replacements, each ended by NUL. Empty: no
  /// rules. Throws InputError naming `source`.
  Charsmap(std::string_view blob, std::string_view source);
  bool empty() const { return units_.empty(); }

  struct Match {
    size_t length = 0;  // bytes of the text; 0: no rule begins here
    std::string_view replacement;
  };
  /// The rule with the longest left side that the text begins with.
  Match longest(std::string_view text) const;
  /// The rule with the shortest one, as Hugging Face `tokenizers` picks it.
  Match shortest(std::string_view text) const;

 private:
  template <class Take>
  void walk(std::string_view text, const Take& take) const;
  Match match(size_t length, uint32_t value) const;
  std::vector<uint32_t> units_;
  std::string replacements_;
};

}  // namespace sensorium
