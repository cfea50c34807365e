#pragma once
// SentencePiece's own normalisation: the rules of the model, spaces, and U+2581 in their place.

#include "sensorium/text/charsmap.h"
#include "sensorium/text/piece_trie.h"
#include "sensorium/text/sentencepiece_model.h"

namespace sensorium {

inline constexpr std::string_view kSpaceSymbol = "\u2581";

/// Immutable; thread-safe. Source: SentencePiece 0.2, normalizer.cc.
class SentencePieceNormalizer {
 public:
  SentencePieceNormalizer() = default;
  /// Throws InputError naming `source` for broken rules.
  SentencePieceNormalizer(const SentencePieceModel& model, std::string_view source);

  /// The text as pieces cut it. Every byte that is no UTF-8 becomes U+FFFD. User-defined pieces stay as they are.
  std::string normalize(std::string_view text) const;

  /// Length of the longest user-defined piece that the text begins with, or 0.
  size_t user_defined(std::string_view text) const;

 private:
  std::pair<std::string_view, size_t> prefix(std::string_view text) const;
  Charsmap charsmap_;
  PieceTrie user_defined_;
  bool has_user_defined_ = false, add_prefix_ = true, remove_spaces_ = true, escape_ = true, suffix_ = false;
};

}  // namespace sensorium
