#pragma once
// The tokenizer of a tokenizer.json with a Unigram model, as T5's, XLM-R's and SigLIP's are converted to.

#include "sensorium/text/text_normalizer.h"
#include "sensorium/text/tokenizer.h"
#include "sensorium/text/unigram.h"

namespace sensorium {

/// How spaces become U+2581 and words; tokenizer.json's Metaspace, perhaps after WhitespaceSplit.
struct MetaspaceOptions {
  enum class Prepend { always, first, never };
  bool split_white = false;  // cut at white space first
  bool metaspace = true;     // otherwise texts are cut as they are
  bool split = true;         // cut before each U+2581
  Prepend prepend = Prepend::always;
};

/// A Unigram model as tokenizer.json has it: piece and log probability by id.
struct UnigramVocabulary {
  std::vector<std::pair<std::string, double>> pieces;
  int32_t unk_id = -1;
  bool byte_fallback = false;
};

class UnigramTokenizer final : public Tokenizer {
 public:
  /// `document` is the tokenizer.json, `config` the tokenizer_config.json ("" for none); `save` writes them as they
  /// are. Throws InputError naming `source`: a piece twice or empty, no unknown piece, a score that is not finite.
  UnigramTokenizer(UnigramVocabulary pieces, Vocabulary vocabulary, TokenizerSettings settings,
                   std::vector<NormalizerStep> normalizer, MetaspaceOptions options, std::string document,
                   std::string config, std::string_view source);
  void save(const fs::path& folder) const override;
  int64_t vocab_size() const override { return vocabulary_.size(); }
  int32_t token_to_id(std::string_view token) const override { return vocabulary_.find(token); }
  std::string_view kind() const override { return "unigram"; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  void encode_plain(std::string_view text, std::vector<int32_t>& ids) const override;
  std::string decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const override;

 private:
  void append_normal(std::string_view text, bool first, std::vector<int32_t>& ids) const;
  void append_word(std::string_view word, std::vector<int32_t>& ids) const;

  UnigramVocabulary pieces_;
  Vocabulary vocabulary_;
  AddedTokens added_;
  std::vector<NormalizerStep> normalizer_;
  MetaspaceOptions options_;
  std::string document_, config_;
  Unigram unigram_;
  std::vector<int32_t> bytes_;  // ids of "<0x00>" on, empty unless all are there
};

}  // namespace sensorium
