#pragma once
// Definitions of siglip.h for any tensor type whose op set was included before.

#include "sensorium/models/checks.h"
#include "sensorium/models/siglip/siglip.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

template <class T>
SiglipVision<T> make_siglip_vision(const SiglipVisionConfig& config, const std::string& source) {
  count_patches(config.image_size, config.patch_size, source);
  SiglipVision<T> m;
  m.config = config;
  m.patch_embedding.stride = static_cast<int>(config.patch_size);
  m.post_norm.epsilon = m.head_norm.epsilon = static_cast<float>(config.layer_norm_eps);
  m.encoder = make_transformer<T>(config.sizes(), parse_activation(config.hidden_act, source), source);
  m.head.num_heads = static_cast<int>(config.num_attention_heads);
  return m;
}

template <class T>
void describe(SiglipVision<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  SENSORIUM_ASSERT(layout == Layout::hugging_face);
  const SiglipVisionConfig& c = m.config;
  const int64_t width = c.hidden_size, fan_in = c.num_channels * c.patch_size * c.patch_size;
  const TransformerInit init = xavier_init(c.sizes());
  describe_patches(v, prefix + "embeddings.patch_embedding", m.patch_embedding, width, c.num_channels, c.patch_size,
                   Init::normal(1 / std::sqrt(static_cast<double>(fan_in))), true);
  v.weight({.name = prefix + "embeddings.position_embedding.weight",
            .shape = {count_patches(c.image_size, c.patch_size, "config"), width},
            .init = Init::normal(1 / std::sqrt(static_cast<double>(width)))},
           m.position_embedding);
  describe_clip_layers(v, prefix + "encoder.layers.", m.encoder, c.sizes(), init);
  describe_layer_norm(v, prefix + "post_layernorm", m.post_norm, width);
  v.weight({.name = prefix + "head.probe",
            .shape = {1, width},
            .init = Init::xavier(1, width),
            .has_stored_shape = true,
            .stored_shape = {1, 1, width}},
           m.probe);
  describe_fused_attention(v, prefix + "head.attention", m.head, width, init.attention);
  v.cross_attention(attention_paths(prefix + "head.attention"), m.head);
  describe_layer_norm(v, prefix + "head.layernorm", m.head_norm, width);
  describe_linear(v, prefix + "head.mlp.fc1", m.head_fc1, c.intermediate_size, width, init.fc1);
  describe_linear(v, prefix + "head.mlp.fc2", m.head_fc2, width, c.intermediate_size, init.fc2);
}

template <class T>
T pool_pixels(const SiglipVision<T>& m, const T& pixels, const Capture<T>& capture) {
  check_pixels(TensorTraits<T>::shape(pixels), m.config.num_channels, m.config.image_size);
  const T patches = add_rows(patch_embed(pixels, m.patch_embedding), m.position_embedding);
  const T x = layer_norm(run_pre_norm(patches, m.encoder, AttentionMask{}, capture), m.post_norm);  // [B, patches, D]
  keep(capture, "last_hidden_state", x);
  const T probe = expand_batch(m.probe, size_of(x, 0));  // [B, 1, D]
  const T seen = linear(cross_attention(probe, x, m.head, AttentionMask{}), m.head.output);
  const T hidden = linear(layer_norm(seen, m.head_norm), m.head_fc1, m.encoder.act);
  const std::vector<int64_t> first(static_cast<size_t>(size_of(x, 0)), 0);
  const T pooled = select_tokens(add_linear(seen, hidden, m.head_fc2), first);  // [B, D]
  keep(capture, "pooler_output", pooled);
  return pooled;
}

template <class T>
SiglipText<T> make_siglip_text(const SiglipTextConfig& config, const std::string& source) {
  SiglipText<T> m;
  m.config = config;
  m.final_norm.epsilon = static_cast<float>(config.layer_norm_eps);
  m.encoder = make_transformer<T>(config.sizes(), parse_activation(config.hidden_act, source), source);
  return m;
}

template <class T>
void describe(SiglipText<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  SENSORIUM_ASSERT(layout == Layout::hugging_face);
  const SiglipTextConfig& c = m.config;
  const int64_t width = c.hidden_size;
  const Init embed = Init::normal(1 / std::sqrt(static_cast<double>(width)));
  v.weight({.name = prefix + "embeddings.token_embedding.weight", .shape = {c.vocab_size, width}, .init = embed},
           m.token_embedding.weight);
  v.weight({.name = prefix + "embeddings.position_embedding.weight",
            .shape = {c.max_position_embeddings, width},
            .init = embed},
           m.position_embedding);
  describe_clip_layers(v, prefix + "encoder.layers.", m.encoder, c.sizes(), xavier_init(c.sizes()));
  describe_layer_norm(v, prefix + "final_layer_norm", m.final_norm, width);
  describe_linear(v, prefix + "head", m.head, c.projection_size, width, Init::xavier(width, c.projection_size));
}

template <class T>
T pool_tokens(const SiglipText<T>& m, const TokenBatch& tokens, const Capture<T>& capture) {
  check_tokens(tokens, m.config.max_position_embeddings, m.config.vocab_size);
  const T embedded = embed_tokens({tokens.batch, tokens.length, tokens.input_ids}, m.token_embedding);
  const AttentionMask mask{false, tokens.attention_mask};
  const T x = run_pre_norm(add_rows(embedded, m.position_embedding), m.encoder, mask, capture);
  const std::vector<int64_t> last(static_cast<size_t>(tokens.batch), tokens.length - 1);
  if (!capture) return layer_norm(select_tokens(x, last), m.final_norm);  // [B, D]
  const T normed = layer_norm(x, m.final_norm);
  keep(capture, "last_hidden_state", normed);
  return select_tokens(normed, last);
}

}  // namespace sensorium
