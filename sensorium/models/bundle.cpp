#include "sensorium/models/bundle.h"

#include "sensorium/base/json.h"
#include "sensorium/base/threads.h"

namespace sensorium {
namespace {

void check_text(const DualEncoderConfig& config, const Tokenizer& tokenizer, const std::string& folder) {
  if (tokenizer.vocab_size() > config.vocab_size())
    throw InputError("bundle", "{}: expected a tokenizer with at most {} ids (vocab_size of the text tower), got {}",
                     folder, config.vocab_size(), tokenizer.vocab_size());
  if (tokenizer.max_length() > config.context_length())
    throw InputError(
        "bundle", "{}: expected a tokenizer of at most {} tokens (max_position_embeddings of the text tower), got {}",
        folder, config.context_length(), tokenizer.max_length());
  const auto* clip = std::get_if<ClipTextConfig>(&config.text);
  if (!clip) return;
  const bool largest = clip->pools_at_largest_id();
  const int64_t pooled = largest ? tokenizer.vocab_size() - 1 : clip->eos_token_id;
  if (tokenizer.eos_id() != pooled)
    throw InputError("bundle", "{}: expected the tokenizer's end of text to be {} ({}), got {}", folder, pooled,
                     largest ? "the largest id, which the text tower pools at" : "eos_token_id of the text tower",
                     tokenizer.eos_id());
}

}  // namespace

void check_bundle(const DualEncoderConfig& config, const Tokenizer& tokenizer, const ImageProcessor& processor,
                  const fs::path& folder) {
  const std::string name = folder.string();
  if (config.num_channels() != 3)
    throw InputError("bundle", "{}: expected a vision tower of 3 channels (as the image processor normalises), got {}",
                     name, config.num_channels());
  const int64_t size = config.image_size();
  if (size != 0 && (processor.width() != size || processor.height() != size))
    throw InputError("bundle",
                     "{}: expected an image processor of {} x {} pixels (image_size of the vision tower), got {} x {}",
                     name, size, size, processor.height(), processor.width());
  check_text(config, tokenizer, name);
}

EncodeOptions text_options(const DualEncoderConfig& config) {
  const bool siglip = config.family == DualFamily::siglip;
  return {.max_length = config.context_length(), .padding = siglip ? Padding::max_length : Padding::longest};
}

TokenBatch tokenize(const DualEncoderConfig& config, const Tokenizer& tokenizer, std::span<const std::string> texts) {
  TokenBatch batch = tokenizer.encode_batch(texts, text_options(config));
  if (config.family == DualFamily::siglip) batch.attention_mask.clear();
  return batch;
}

void save_tokenizer(const DualEncoderConfig& config, const Tokenizer& tokenizer, const fs::path& folder) {
  tokenizer.save(folder);
  if (config.family != DualFamily::siglip) return;
  const fs::path path = folder / "tokenizer_config.json";
  OrderedJson json = OrderedJson::parse(read_file(path));
  json["model_input_names"] = {"input_ids"};
  write_file(path, json.dump(2) + "\n");
}

Pixels preprocess(const ImageProcessor& processor, std::span<const Image> images) {
  Pixels pixels = processor.pixels(images.size());
  parallel_for(images.size(), 0, [&](size_t i) { processor.process(images[i], pixels.picture(i)); });
  return pixels;
}

}  // namespace sensorium
