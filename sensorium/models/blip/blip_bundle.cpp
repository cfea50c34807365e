#include "sensorium/models/blip/blip_bundle.h"

#include <algorithm>

namespace sensorium {

void check_blip_bundle(const BlipConfig& config, const Tokenizer& tokenizer, const ImageProcessor& processor,
                       const fs::path& folder) {
  const std::string name = folder.string();
  const int64_t size = config.vision.image_size;
  if (processor.width() != size || processor.height() != size)
    throw InputError("bundle",
                     "{}: expected an image processor of {} x {} pixels (image_size of the vision tower), got {} x {}",
                     name, size, size, processor.height(), processor.width());
  const BlipTextConfig& text = config.text;
  if (tokenizer.vocab_size() > text.vocab_size)
    throw InputError("bundle", "{}: expected a tokenizer with at most {} ids (vocab_size of text_config), got {}", name,
                     text.vocab_size, tokenizer.vocab_size());
  if (tokenizer.sep_id() != text.sep_token_id)
    throw InputError("bundle", "{}: expected the tokenizer's separator to be {} (sep_token_id of text_config), got {}",
                     name, text.sep_token_id, tokenizer.sep_id());
  if (tokenizer.pad_id() != text.pad_token_id)
    throw InputError("bundle", "{}: expected the tokenizer's padding to be {} (pad_token_id of text_config), got {}",
                     name, text.pad_token_id, tokenizer.pad_id());
}

int64_t longest_text(const BlipConfig& config, const Tokenizer& tokenizer) {
  const int64_t own = tokenizer.max_length(), positions = config.text.max_position_embeddings;
  return own > 0 ? std::min(own, positions) : positions;
}

TokenBatch tokenize_texts(const BlipConfig& config, const Tokenizer& tokenizer, std::span<const std::string> texts,
                          const std::string& operation) {
  const int64_t longest = longest_text(config, tokenizer);
  TokenBatch batch = tokenizer.encode_batch(texts, {.max_length = 0, .truncation = Truncation::none});
  batch.token_type_ids.clear();
  if (batch.length <= longest) return batch;
  for (const std::string& text : texts)
    if (const auto n = static_cast<int64_t>(tokenizer.encode(text).size()); n > longest)
      throw InputError(operation, "expected texts of at most {} tokens, got {} in \"{}...\"", longest, n,
                       text.substr(0, 40));
  return batch;
}

}  // namespace sensorium
