#pragma once
// Definitions of clip_vision.h and clip_text.h for any tensor type whose op set was included before.

#include "sensorium/models/checks.h"
#include "sensorium/models/clip/clip_text.h"
#include "sensorium/models/clip/clip_vision.h"
#include "sensorium/tensor/traits.h"

#include <algorithm>

namespace sensorium {

template <class T>
ClipVision<T> make_clip_vision(const ClipVisionConfig& config, const std::string& source) {
  count_patches(config.image_size, config.patch_size, source);
  ClipVision<T> m;
  m.config = config;
  m.patch_embedding.stride = static_cast<int>(config.patch_size);
  m.pre_norm.epsilon = m.post_norm.epsilon = static_cast<float>(config.layer_norm_eps);
  m.encoder = make_transformer<T>(config.sizes(), parse_activation(config.hidden_act, source), source);
  return m;
}

template <class T>
void describe(ClipVision<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  const ClipVisionConfig& c = m.config;
  const int64_t width = c.hidden_size, positions = 1 + count_patches(c.image_size, c.patch_size, "config");
  const Init scale = Init::normal(1 / std::sqrt(static_cast<double>(width)));
  const Init patches = Init::normal(1 / std::sqrt(static_cast<double>(c.num_channels * c.patch_size * c.patch_size)));
  if (layout == Layout::hugging_face) {
    v.weight({.name = prefix + "embeddings.class_embedding", .shape = {width}, .init = scale}, m.class_embedding);
    describe_patches(v, prefix + "embeddings.patch_embedding", m.patch_embedding, width, c.num_channels, c.patch_size,
                     patches, false);
    v.weight({.name = prefix + "embeddings.position_embedding.weight", .shape = {positions, width}, .init = scale},
             m.position_embedding);
    describe_layer_norm(v, prefix + "pre_layrnorm", m.pre_norm, width);  // so spelled in every checkpoint
    describe_clip_layers(v, prefix + "encoder.layers.", m.encoder, c.sizes(), openai_init(c.sizes()));
    describe_layer_norm(v, prefix + "post_layernorm", m.post_norm, width);
  } else {
    v.weight({.name = "visual.class_embedding", .shape = {width}, .init = scale}, m.class_embedding);
    describe_patches(v, "visual.conv1", m.patch_embedding, width, c.num_channels, c.patch_size, patches, false);
    v.weight({.name = "visual.positional_embedding", .shape = {positions, width}, .init = scale}, m.position_embedding);
    describe_layer_norm(v, "visual.ln_pre", m.pre_norm, width);
    describe_open_clip_layers(v, "visual.transformer.resblocks.", m.encoder, c.sizes(), openai_init(c.sizes()));
    describe_layer_norm(v, "visual.ln_post", m.post_norm, width);
  }
}

template <class T>
T pool_pixels(const ClipVision<T>& m, const T& pixels, const Capture<T>& capture) {
  check_pixels(TensorTraits<T>::shape(pixels), m.config.num_channels, m.config.image_size);
  const T patches = prepend_token(patch_embed(pixels, m.patch_embedding), m.class_embedding);  // [B, 1 + patches, D]
  const T x = run_pre_norm(layer_norm(add_rows(patches, m.position_embedding), m.pre_norm), m.encoder, {}, capture);
  keep(capture, "last_hidden_state", x);
  const std::vector<int64_t> first(static_cast<size_t>(size_of(x, 0)), 0);
  const T pooled = layer_norm(select_tokens(x, first), m.post_norm);  // [B, D]
  keep(capture, "pooler_output", pooled);
  return pooled;
}

template <class T>
ClipText<T> make_clip_text(const ClipTextConfig& config, const std::string& source) {
  ClipText<T> m;
  m.config = config;
  m.final_norm.epsilon = static_cast<float>(config.layer_norm_eps);
  m.encoder = make_transformer<T>(config.sizes(), parse_activation(config.hidden_act, source), source);
  return m;
}

template <class T>
void describe(ClipText<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  const ClipTextConfig& c = m.config;
  const int64_t width = c.hidden_size;
  const bool hf = layout == Layout::hugging_face;
  v.weight({.name = hf ? prefix + "embeddings.token_embedding.weight" : "token_embedding.weight",
            .shape = {c.vocab_size, width},
            .init = Init::normal(0.02)},
           m.token_embedding.weight);
  v.weight({.name = hf ? prefix + "embeddings.position_embedding.weight" : "positional_embedding",
            .shape = {c.max_position_embeddings, width},
            .init = Init::normal(0.01)},
           m.position_embedding);
  if (hf)
    describe_clip_layers(v, prefix + "encoder.layers.", m.encoder, c.sizes(), openai_init(c.sizes()));
  else
    describe_open_clip_layers(v, "transformer.resblocks.", m.encoder, c.sizes(), openai_init(c.sizes()));
  describe_layer_norm(v, hf ? prefix + "final_layer_norm" : "ln_final", m.final_norm, width);
}

/// The mask that still matters once rows end at `last`: none where all tokens up to there are real.
inline std::vector<int64_t> mask_up_to(const TokenBatch& tokens, const std::vector<int64_t>& last) {
  const std::vector<int64_t>& mask = tokens.attention_mask;
  for (int64_t b = 0; b < tokens.batch && !mask.empty(); ++b) {
    const auto row = mask.begin() + b * tokens.length;
    if (std::find(row, row + last[static_cast<size_t>(b)] + 1, 0) != row + last[static_cast<size_t>(b)] + 1)
      return mask;
  }
  return {};
}

template <class T>
T pool_tokens(const ClipText<T>& m, const TokenBatch& all, const Capture<T>& capture) {
  check_tokens(all, m.config.max_position_embeddings, m.config.vocab_size);
  const std::vector<int64_t> last = end_of_text(m.config, all);
  const int64_t longest = last.empty() ? all.length : 1 + *std::max_element(last.begin(), last.end());
  const TokenBatch tokens = capture ? all : cut_tokens(all, longest);
  const AttentionMask mask{true, capture ? tokens.attention_mask : mask_up_to(tokens, last)};
  const T embedded = embed_tokens({tokens.batch, tokens.length, tokens.input_ids}, m.token_embedding);
  const T x = run_pre_norm(add_rows(embedded, m.position_embedding), m.encoder, mask, capture);  // [B, T, D]
  if (!capture) return layer_norm(select_tokens(x, last), m.final_norm);                         // [B, D]
  const T normed = layer_norm(x, m.final_norm);
  keep(capture, "last_hidden_state", normed);
  const T pooled = select_tokens(normed, last);
  keep(capture, "pooler_output", pooled);
  return pooled;
}

}  // namespace sensorium
