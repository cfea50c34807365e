#pragma once
// Vocabularies from a corpus: CLIP's byte-pair encoding, GPT-2's, and BERT's WordPiece. Count words first, text by
// text, so that memory grows with the number of distinct words and not with the corpus; then train.
//
//   WordCounts words;
//   for (const std::string& caption : captions) count_clip_words(caption, words);
//   train_clip_bpe(words, {.vocab_size = 8192})->save(folder);

#include "sensorium/text/bpe_tokenizer.h"
#include "sensorium/text/wordpiece_tokenizer.h"

namespace sensorium {

/// Distinct words and how often each occurs. Not thread-safe; counts of several threads are added by `merge`, and the
/// result of training does not depend on the order.
class WordCounts {
 public:
  void add(std::string_view word, int64_t n = 1);
  void merge(const WordCounts& other);
  size_t size() const { return counts_.size(); }
  /// All words by their bytes.
  std::vector<std::pair<std::string, int64_t>> sorted() const;

 private:
  StringLookup<int64_t> counts_;
};

/// Adds a text's words as the tokenizer of that kind cuts them. Invalid UTF-8 counts as U+FFFD.
void count_clip_words(std::string_view text, WordCounts& words);
void count_byte_level_words(std::string_view text, WordCounts& words);
void count_bert_words(std::string_view text, const BertNormalization& normalization, WordCounts& words);

struct TrainOptions {
  int64_t vocab_size = 8192;   // all tokens, special ones counted; fewer when the corpus has no more pairs
  int64_t min_frequency = 2;   // pairs that occur less often are not merged
  int64_t max_length = 77;     // tokens a row at most, special ones counted; 0: unlimited
  int64_t alphabet_limit = 0;  // WordPiece: the most frequent characters kept; 0: half of vocab_size
};

/// CLIP's vocabulary: ids are the 256 byte characters, the same ending a word, the merges, <|startoftext|>,
/// <|endoftext|>, as OpenAI's. Deterministic. Throws UsageError for a vocab_size below 514.
std::unique_ptr<ClipTokenizer> train_clip_bpe(const WordCounts& words, const TrainOptions& options = {});

/// GPT-2's vocabulary: ids are `special_tokens`, the 256 byte characters, the merges. The same merges as Hugging Face
/// `tokenizers`' BpeTrainer with a byte-level alphabet. Throws UsageError for a vocab_size that cannot hold the
/// alphabet.
std::unique_ptr<ByteLevelBpeTokenizer> train_byte_level_bpe(const WordCounts& words, const TrainOptions& options = {},
                                                            const std::vector<std::string>& special_tokens = {
                                                                "<|endoftext|>"});

/// BERT's vocabulary: [PAD] [UNK] [CLS] [SEP] [MASK], the characters by code point, the same inside a word ("##x"), the
/// merged pieces: of three in ten more than there is room for, those that the longest match needs (prune_pieces.h).
/// Words with a character beyond the limit do not count: they would be [UNK]. Throws UsageError for a vocab_size
/// below 6.
std::unique_ptr<WordPieceTokenizer> train_wordpiece(const WordCounts& words, const TrainOptions& options = {},
                                                    const BertNormalization& normalization = {});

}  // namespace sensorium
