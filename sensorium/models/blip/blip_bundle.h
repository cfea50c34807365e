#pragma once
// A BLIP model with everything that belongs to it, checked against each other.

#include "sensorium/io/image_processor.h"
#include "sensorium/models/blip/blip.h"

#include <memory>

namespace sensorium {

/// All members are thread-safe to use through const.
template <class T>
struct BlipBundle {
  Blip<T> model;
  std::shared_ptr<const Tokenizer> tokenizer;
  ImageProcessor processor;
  fs::path folder;
};

/// Throws InputError naming `folder` and both values where the parts do not fit: the processor's output and image_size,
/// the tokenizer's ids and vocab_size, its separator and padding and the configuration's, its length and the positions.
void check_blip_bundle(const BlipConfig& config, const Tokenizer& tokenizer, const ImageProcessor& processor,
                       const fs::path& folder);

/// Tokens a text may have, special ones counted.
int64_t longest_text(const BlipConfig& config, const Tokenizer& tokenizer);

/// Texts as [CLS] words [SEP], padded to the longest, as `transformers` gives them to BLIP. Throws InputError, prefixed
/// by `operation`, for a text of too many tokens, naming it: nothing is cut.
TokenBatch tokenize_texts(const BlipConfig& config, const Tokenizer& tokenizer, std::span<const std::string> texts,
                          const std::string& operation);

/// Reads a Hugging Face folder with its tokenizer and preprocessing. Throws what load_blip, load_tokenizer,
/// ImageProcessor::load and check_blip_bundle throw.
template <class T>
BlipBundle<T> load_blip_bundle(const fs::path& folder) {
  const std::string source = (folder / "config.json").string();
  const BlipConfig config = parse_blip_config(read_json(source), source);
  std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  const ImageProcessor processor = ImageProcessor::load(folder);
  check_blip_bundle(config, *tokenizer, processor, folder);  // before the weights, which take longest
  return {load_blip<T>(folder), std::move(tokenizer), processor, folder};
}

/// Writes the whole folder.
template <class T>
void save_blip_bundle(const Blip<T>& model, const Tokenizer& tokenizer, const ImageProcessor& processor,
                      const fs::path& folder) {
  save_blip(model, folder);
  tokenizer.save(folder);
  write_file(folder / "preprocessor_config.json", processor.to_json().dump(2) + "\n");
}

}  // namespace sensorium
