#include "sensorium/text/train_unigram.h"

#include <sentencepiece_trainer.h>

#include <algorithm>

#include "sensorium/base/error.h"

namespace sensorium {

namespace {

class Texts final : public sentencepiece::SentenceIterator {
 public:
  explicit Texts(const std::function<bool(std::string&)>& next) : next_(next) { Next(); }
  bool done() const override { return done_; }
  void Next() override { done_ = !next_(value_); }
  const std::string& value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::function<bool(std::string&)>& next_;
  std::string value_;
  bool done_ = false;
};

void check(const UnigramTrainOptions& options) {
  if (options.vocab_size < 8 || options.vocab_size > int64_t{1} << 24)
    throw UsageError("train tokenizer", "expected a vocab_size from 8 to {}, got {}", int64_t{1} << 24,
                     options.vocab_size);
  if (!(options.character_coverage >= 0.5 && options.character_coverage <= 1))
    throw UsageError("train tokenizer", "expected a character_coverage from 0.5 to 1, got {}",
                     options.character_coverage);
  constexpr std::string_view rules[] = {"nmt_nfkc", "nfkc", "nmt_nfkc_cf", "nfkc_cf", "identity"};
  if (std::find(std::begin(rules), std::end(rules), options.normalization) == std::end(rules))
    throw UsageError("train tokenizer",
                     "expected nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf or identity as normalization, got {}",
                     options.normalization);
}

}  // namespace

std::unique_ptr<SentencePieceTokenizer> train_unigram(const std::function<bool(std::string&)>& next,
                                                      const UnigramTrainOptions& options) {
  check(options);
  const bool t5 = options.layout == UnigramTrainOptions::Layout::t5;
  // One thread: the library's sums would depend on their number.
  const std::unordered_map<std::string, std::string> arguments = {
      {"model_type", "unigram"},
      {"vocab_size", std::to_string(options.vocab_size)},
      {"character_coverage", fmt::format("{}", options.character_coverage)},
      {"normalization_rule_name", options.normalization},
      {"byte_fallback", options.byte_fallback ? "true" : "false"},
      {"hard_vocab_limit", "false"},
      {"num_threads", "1"},
      {"minloglevel", "3"},
      {"pad_id", t5 ? "0" : "-1"},
      {"eos_id", t5 ? "1" : "2"},
      {"unk_id", t5 ? "2" : "0"},
      {"bos_id", t5 ? "-1" : "1"}};
  Texts texts(next);
  std::string bytes;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &texts, &bytes);
  if (!status.ok())
    throw InputError("train tokenizer", "expected texts to learn {} pieces from, got: {}", options.vocab_size,
                     status.ToString());
  auto model = parse_sentencepiece_model(std::move(bytes), "training");
  auto vocabulary = sentencepiece_vocabulary(model, "training");
  TokenizerSettings s;
  s.special.bos = vocabulary.find("<s>");
  s.special.eos = vocabulary.find("</s>");
  s.special.pad = vocabulary.find("<pad>");
  s.fill = std::max(s.special.pad, 0);
  s.max_length = options.max_length;
  if (t5) {
    for (const char* token : {"<pad>", "</s>", "<unk>"}) s.added.push_back({token, vocabulary.find(token)});
    s.frame.suffix = s.frame.middle = {s.special.eos};
  }
  auto tokenizer = std::make_unique<SentencePieceTokenizer>(std::move(model), std::move(vocabulary), std::move(s),
                                                            "spiece.model", "training");
  if (t5) tokenizer->set_class_name("T5Tokenizer");
  return tokenizer;
}

std::unique_ptr<SentencePieceTokenizer> train_unigram(std::span<const std::string> texts,
                                                      const UnigramTrainOptions& options) {
  size_t at = 0;
  return train_unigram(
      [&](std::string& text) {
        if (at == texts.size()) return false;
        text = texts[at++];
        return true;
      },
      options);
}

}  // namespace sensorium
