#pragma once
// The two tokenizers that stand on byte-level byte-pair encoding: CLIP's and GPT-2's.

#include "sensorium/text/bpe.h"
#include "sensorium/text/clean.h"
#include "sensorium/text/clip_split.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {

/// CLIP's tokenizer: "</w>" ends words, everything is lower-cased, <|startoftext|> and <|endoftext|> stand around.
/// Source: Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021.
class ClipTokenizer final : public Tokenizer {
 public:
  /// `cleaning` none is transformers' CLIPTokenizer (NFC, white space, lower case); the others are open_clip's.
  /// Throws InputError naming `source`.
  ClipTokenizer(Vocabulary vocabulary, std::vector<Merge> merges, TokenizerSettings settings, Cleaning cleaning,
                std::string_view source);
  void save(const fs::path& folder) const override;
  int64_t vocab_size() const override { return vocabulary_.size(); }
  int32_t token_to_id(std::string_view token) const override { return vocabulary_.find(token); }
  std::string_view kind() const override { return "clip"; }
  Cleaning cleaning() const { return cleaning_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<Merge>& merges() const { return merges_; }

 protected:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const override;
  std::string decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const override;

 private:
  Vocabulary vocabulary_;
  std::vector<Merge> merges_;
  AddedTokens added_;
  Cleaning cleaning_;
  Bpe bpe_;
};

/// GPT-2's tokenizer: reversible, a space belongs to the word after it.
class ByteLevelBpeTokenizer final : public Tokenizer {
 public:
  /// `add_prefix_space`: a text that does not start with white space is read as if it began with one.
  ByteLevelBpeTokenizer(Vocabulary vocabulary, std::vector<Merge> merges, TokenizerSettings settings,
                        bool add_prefix_space, std::string_view source);
  void save(const fs::path& folder) const override;
  int64_t vocab_size() const override { return vocabulary_.size(); }
  int32_t token_to_id(std::string_view token) const override { return vocabulary_.find(token); }
  std::string_view kind() const override { return "byte_level_bpe"; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<Merge>& merges() const { return merges_; }

 protected:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const override;
  std::string decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const override;

 private:
  Vocabulary vocabulary_;
  std::vector<Merge> merges_;
  AddedTokens added_;
  bool add_prefix_space_;
  Bpe bpe_;
};

}  // namespace sensorium
