#include "sensorium/apps/packable.h"
#include "sensorium/models/blip/blip_bundle.h"

namespace sensorium {
namespace {

using rt::Tensor;
/// Fewer than of other models: a text looks at all of a picture, and every layer may be tried by itself.
constexpr size_t kPictures = 16, kTexts = 32;

std::vector<int64_t> zeros(int64_t n) {
  return std::vector<int64_t>(static_cast<size_t>(n), 0);
}

/// The mean states of each text over its picture (over none: alone), as the given transformer reads it.
void append_texts(const BlipText<Tensor>& text, const std::vector<TokenBatch>& texts, const std::vector<Tensor>& states,
                  bool causal, Rows& rows) {
  rows.width = text.config.hidden_size;
  for (size_t i = 0; i < texts.size(); ++i) {
    BlipContext<Tensor> context;
    if (!states.empty()) context.states = states[i % states.size()];
    const Tensor read = encode_tokens(text, texts[i], states.empty() ? nullptr : &context, causal);
    const std::vector<float> mean = mean_tokens(read, {}).to_float();
    rows.values.insert(rows.values.end(), mean.begin(), mean.end());
  }
}

/// First states of the pictures, then what the text transformers make of the texts.
std::vector<Rows> embed(const Blip<Tensor>& m, const Tensor& pixels, std::vector<TokenBatch> texts) {
  std::vector<Rows> all(3);
  all[0].width = m.config.vision.hidden_size;
  std::vector<Tensor> states;
  for (int64_t i = 0; i < pixels.size(0); ++i) {
    states.push_back(encode_pixels(m.vision, slice_batch(pixels, i, i + 1)));
    const std::vector<float> first = select_tokens(states.back(), zeros(1)).to_float();
    all[0].values.insert(all[0].values.end(), first.begin(), first.end());
  }
  if (m.config.has_encoder()) append_texts(m.text_encoder, texts, states, false, all[1]);
  if (!m.config.has_decoder()) return all;
  for (TokenBatch& t : texts) t.input_ids.front() = m.config.text.bos_token_id;
  append_texts(m.text_decoder, texts, states, true, all[2]);
  return all;
}

}  // namespace

Packable packable_blip(const fs::path& source, const Calibration& c) {
  const auto bundle = std::make_shared<const BlipBundle<Tensor>>(load_blip_bundle<Tensor>(source));
  const Tensor pixels = calibration_pixels(c.pictures, bundle->processor, kPictures);
  std::vector<TokenBatch> texts;
  for (const std::string& text : calibration_texts(c.texts, kTexts))
    texts.push_back(tokenize_texts(bundle->model.config, *bundle->tokenizer, std::span(&text, 1), "convert"));
  return packable_of(
      std::shared_ptr<const Blip<Tensor>>(bundle, &bundle->model),
      [](Blip<Tensor>& m, WeightVisitor<Tensor>& v) { describe(m, v); },
      [=](const Blip<Tensor>& m) { return embed(m, pixels, texts); });
}

}  // namespace sensorium
