#pragma once
// Text to token ids and back, as the model's own tokenizer does it. One interface, one implementation per kind of
// vocabulary; `load_tokenizer` chooses by the files of a checkpoint folder.

#include "sensorium/base/file.h"
#include "sensorium/text/settings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sensorium {

/// How rows of one batch become equally long.
enum class Padding { none, longest, max_length };

/// Which part loses tokens when a row is longer than max_length. For a single text every strategy but `none` cuts it.
enum class Truncation { none, longest_first, only_first, only_second };

struct EncodeOptions {
  int64_t max_length = 0;  // tokens a row, special tokens counted; 0: the tokenizer's own max_length()
  Padding padding = Padding::longest;
  Truncation truncation = Truncation::longest_first;
  int threads = 1;  // 0: as many as there are processors; the ids do not depend on it
};

/// A batch of B rows of T = length tokens, row-major, padded on the tokenizer's side.
struct TokenBatch {
  int64_t batch = 0, length = 0;
  std::vector<int64_t> input_ids;       // [B, T]
  std::vector<int64_t> attention_mask;  // [B, T], 1 for a token, 0 for padding
  std::vector<int64_t> token_type_ids;  // [B, T], 1 for the second text of a pair, otherwise 0
};

/// A tokenizer. All const members are thread-safe. Text is UTF-8; each byte of an invalid sequence's maximal prefix
/// counts as one U+FFFD, as Python's errors="replace" does.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Ids of one text, never truncated; with the special tokens around it unless told otherwise.
  std::vector<int32_t> encode(std::string_view text, bool add_special_tokens = true) const;

  /// Ids of B texts as one batch. Truncation keeps the first tokens and the special tokens around them (CLIP: the first
  /// n-1 ids, then end-of-text). Throws InputError when rows differ in length under Padding::none, when a strategy
  /// cannot reach max_length, or when Padding::max_length has no max_length to reach.
  TokenBatch encode_batch(std::span<const std::string> texts, const EncodeOptions& options = {}) const;

  /// The same for pairs of texts (BERT: [CLS] first [SEP] second [SEP]).
  TokenBatch encode_pairs(std::span<const std::pair<std::string, std::string>> pairs,
                          const EncodeOptions& options = {}) const;

  /// Text of ids, as the reference's decode. Throws InputError for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids, bool skip_special_tokens = true) const {
    return decode_tokens(ids, skip_special_tokens);
  }

  /// Writes what `transformers.AutoTokenizer` loads: tokenizer.json, tokenizer_config.json, special_tokens_map.json and
  /// the vocabulary's own files. Creates the folder. Throws EnvironmentError when that fails.
  virtual void save(const fs::path& folder) const = 0;

  /// One more than the largest id: the least number of rows of an embedding table.
  virtual int64_t vocab_size() const = 0;
  /// Id of a token as spelled in the vocabulary, or -1.
  virtual int32_t token_to_id(std::string_view token) const = 0;
  /// "clip", "wordpiece", "byte_level_bpe", "unigram" or "sentencepiece".
  virtual std::string_view kind() const = 0;

  const TokenizerSettings& settings() const { return settings_; }
  const SpecialIds& special() const { return settings_.special; }
  int32_t pad_id() const { return settings_.special.pad; }
  int32_t bos_id() const { return settings_.special.bos; }
  int32_t eos_id() const { return settings_.special.eos; }
  int32_t unk_id() const { return settings_.special.unk; }
  int32_t cls_id() const { return settings_.special.cls; }
  int32_t sep_id() const { return settings_.special.sep; }
  int32_t mask_id() const { return settings_.special.mask; }
  /// Tokens a row at most (tokenizer_config.json's model_max_length: 77 for CLIP); 0 when unlimited.
  int64_t max_length() const { return settings_.max_length; }
  void set_max_length(int64_t length) { settings_.max_length = length; }

 protected:
  /// Appends the ids of `text` without special tokens around it; special tokens spelled in the text are themselves.
  virtual void encode_plain(std::string_view text, std::vector<int32_t>& ids) const = 0;
  virtual std::string decode_tokens(std::span<const int32_t> ids, bool skip_special_tokens) const = 0;

  explicit Tokenizer(TokenizerSettings settings) : settings_(std::move(settings)) {}

  TokenizerSettings settings_;

 private:
  using RowTexts = std::function<std::pair<std::string_view, std::string_view>(size_t)>;
  TokenBatch encode_rows(size_t n, bool pairs, const EncodeOptions& options, const RowTexts& texts) const;
};

/// The tokenizer of a checkpoint folder: by `tokenizer.json` (its model type), else `vocab.json` + `merges.txt`, else
/// `vocab.txt`, else a SentencePiece `*.model`; `tokenizer_config.json` gives class, special tokens, lower-casing and
/// maximal length. A folder written by open_clip (`open_clip_config.json`) gets OpenAI's cleaning and zero padding.
/// Throws InputError naming the file.
std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder);

}  // namespace sensorium
