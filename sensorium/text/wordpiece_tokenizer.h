#pragma once
// BERT's tokenizer: normalisation, words, and the longest known pieces of each word.
// Source: Devlin et al., "BERT", NAACL 2019; Schuster, Nakajima, "Japanese and Korean voice search", 2012.

#include "sensorium/text/tokenizer.h"

namespace sensorium {

/// BERT's normalisation; the names are those of tokenizer.json's BertNormalizer.
struct BertNormalization {
  bool clean_text = true;            // controls vanish, white space becomes a space
  bool handle_chinese_chars = true;  // each CJK ideograph is a word
  bool strip_accents = true;         // NFD without nonspacing marks
  bool lowercase = true;
};

/// A text as BERT's tokenizer normalises it, UTF-8.
std::string normalize_bert(std::string_view text, const BertNormalization& options);

/// Calls `emit(word)` (UTF-8) for each normalised word: white space separates, each punctuation character stands alone.
void split_bert(std::string_view text, const BertNormalization& options,
                const std::function<void(std::u32string_view)>& emit);

/// A decoded text without the spaces before punctuation and around apostrophes, as `transformers` makes it under
/// clean_up_tokenization_spaces=True. Decoding itself does so piece by piece, as `tokenizers` does.
std::string clean_up_spaces(std::string text);

class WordPieceTokenizer final : public Tokenizer {
 public:
  /// A word of more than `longest_word` characters, or one that the pieces do not cover, is the unknown token. Throws
  /// InputError naming `source` when the settings name no unknown token.
  WordPieceTokenizer(Vocabulary vocabulary, TokenizerSettings settings, BertNormalization normalization,
                     std::string_view source, size_t longest_word = 100);
  void save(const fs::path& folder) const override;
  int64_t vocab_size() const override { return vocabulary_.size(); }
  int32_t token_to_id(std::string_view token) const override { return vocabulary_.find(token); }
  std::string_view kind() const override { return "wordpiece"; }
  const BertNormalization& normalization() const { return normalization_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const override;
  std::string decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const override;

 private:
  void encode_word(std::u32string_view word, std::vector<int32_t>& ids) const;
  Vocabulary vocabulary_;
  AddedTokens added_;
  BertNormalization normalization_;
  StringLookup<int32_t> inner_;              // pieces inside a word, without their "##"
  size_t longest_word_, longest_piece_ = 0;  // characters; bytes
};

}  // namespace sensorium
