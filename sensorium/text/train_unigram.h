#pragma once
// A unigram vocabulary from a corpus, by the SentencePiece library.
// Source: Kudo, "Subword Regularization", ACL 2018.

#include "sensorium/text/sentencepiece_tokenizer.h"

#include <functional>
#include <memory>
#include <span>

namespace sensorium {

struct UnigramTrainOptions {
  enum class Layout {
    t5,             // <pad> 0, </s> 1, <unk> 2; texts end with </s>; transformers' T5Tokenizer loads it
    sentencepiece,  // <unk> 0, <s> 1, </s> 2; nothing around texts
  };
  int64_t vocab_size = 8192;               // all pieces; fewer when the corpus has no more
  double character_coverage = 0.9995;      // of the corpus; other characters are unknown
  std::string normalization = "nmt_nfkc";  // or nfkc, nmt_nfkc_cf, nfkc_cf (both lower-case), identity
  bool byte_fallback = false;              // unknown characters are spelled in bytes
  int64_t max_length = 0;                  // tokens a row at most, special ones counted; 0: unlimited
  Layout layout = Layout::t5;
};

/// Learns from the texts that `next` gives (false: no more), one a line. Deterministic. Throws UsageError for options
/// out of range, InputError with the library's words when it cannot learn from these texts. The library keeps the texts
/// in memory.
std::unique_ptr<SentencePieceTokenizer> train_unigram(const std::function<bool(std::string&)>& next,
                                                      const UnigramTrainOptions& options = {});
std::unique_ptr<SentencePieceTokenizer> train_unigram(std::span<const std::string> texts,
                                                      const UnigramTrainOptions& options = {});

}  // namespace sensorium
