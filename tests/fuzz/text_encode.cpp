// Any bytes as a text, for one tokenizer of each kind.
#include "sensorium/text/train_bpe.h"
#include "sensorium/text/train_unigram.h"
#include "sensorium/text/unicode.h"
#include "tests/fuzz/text_samples.h"

namespace {

using namespace sensorium;

struct Tokenizers {
  std::vector<std::unique_ptr<Tokenizer>> all;
  std::unique_ptr<ByteLevelBpeTokenizer> reversible;
  Tokenizers() {
    const std::string texts[] = {"a photo of a dog and it's 12 cats", "two dogs run in the snow", "a café, naïve"};
    WordCounts clip, bytes, bert;
    for (int i = 0; i < 3; ++i)
      for (const std::string& text : texts) {
        count_clip_words(text, clip);
        count_byte_level_words(text, bytes);
        count_bert_words(text, {}, bert);
      }
    auto plain = train_clip_bpe(clip, {.vocab_size = 560});
    for (Cleaning how : {Cleaning::lower, Cleaning::canonicalize})
      all.push_back(std::make_unique<ClipTokenizer>(plain->vocabulary(), plain->merges(), plain->settings(), how, "x"));
    all.push_back(std::move(plain));
    all.push_back(train_wordpiece(bert, {.vocab_size = 90}));
    std::vector<std::string> lines;
    for (int i = 0; i < 20; ++i) lines.insert(lines.end(), std::begin(texts), std::end(texts));
    all.push_back(train_unigram(lines, {.vocab_size = 60}));
    all.push_back(train_unigram(lines, {.vocab_size = 320, .byte_fallback = true}));
    reversible = train_byte_level_bpe(bytes, {.vocab_size = 300});
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Tokenizers tokenizers;
  const std::string_view text = fuzz::view_of(data, size);
  for (const auto& tokenizer : tokenizers.all) {
    const auto ids = tokenizer->encode(text);
    if (ids != tokenizer->encode(text)) __builtin_trap();  // from memory the second time
    tokenizer->decode(ids);
  }
  if (tokenizers.reversible->decode(tokenizers.reversible->encode(text), false) != unicode::repair(text))
    __builtin_trap();
  return 0;
}
