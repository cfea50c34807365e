#include "sensorium/eval/ptb_tokenizer.h"
#include "sensorium/eval/text_overlap.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sensorium;
  const std::string text(reinterpret_cast<const char*>(data), std::min<size_t>(size, 4096));
  treebank_tokens(text);
  simple_caption_tokens(text);
  bleu_words(text, BleuWords::v13a);
  bleu_words(text, BleuWords::international);
  rouge_score(text, text, true);
  return 0;
}
