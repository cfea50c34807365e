#pragma once
// Definitions of vit.h for any tensor type whose op set was included before.

#include "sensorium/models/checks.h"
#include "sensorium/models/vit/vit.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

template <class T>
Vit<T> make_vit(const VitConfig& config, const std::string& source) {
  count_patches(config.image_size, config.patch_size, source);
  Vit<T> m;
  m.config = config;
  m.patch_embedding.stride = static_cast<int>(config.patch_size);
  m.final_norm.epsilon = static_cast<float>(config.layer_norm_eps);
  m.encoder = make_transformer<T>(config.sizes(), parse_activation(config.hidden_act, source), source);
  m.pooler_act = parse_activation(config.pooler_act, source);
  return m;
}

template <class T>
void describe(Vit<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  SENSORIUM_ASSERT(layout == Layout::hugging_face);
  const VitConfig& c = m.config;
  const int64_t width = c.hidden_size, positions = 1 + count_patches(c.image_size, c.patch_size, "config");
  const Init init = Init::normal(0.02);
  const std::string e = prefix + "embeddings.";
  v.weight({.name = e + "cls_token",
            .shape = {width},
            .init = init,
            .has_stored_shape = true,
            .stored_shape = {1, 1, width}},
           m.cls_token);
  v.weight({.name = e + "position_embeddings",
            .shape = {positions, width},
            .init = init,
            .has_stored_shape = true,
            .stored_shape = {1, positions, width}},
           m.position_embeddings);
  describe_patches(v, e + "patch_embeddings.projection", m.patch_embedding, width, c.num_channels, c.patch_size, init,
                   true);
  for (size_t i = 0; i < m.encoder.layers.size(); ++i) {
    const std::string p = prefix + "encoder.layer." + std::to_string(i) + ".";
    auto& l = m.encoder.layers[i];
    const std::string self = p + "attention.attention.";
    describe_layer_norm(v, p + "layernorm_before", l.norm1, width);
    describe_attention(v, {self + "query", self + "key", self + "value", p + "attention.output.dense"}, l.attention,
                       width, {init, init}, c.qkv_bias);
    describe_layer_norm(v, p + "layernorm_after", l.norm2, width);
    describe_linear(v, p + "intermediate.dense", l.fc1, c.intermediate_size, width, init);
    describe_linear(v, p + "output.dense", l.fc2, width, c.intermediate_size, init);
  }
  describe_layer_norm(v, prefix + "layernorm", m.final_norm, width);
  if (c.has_pooler) describe_linear(v, prefix + "pooler.dense", m.pooler, c.output_width(), width, init);
}

template <class T>
T pool_pixels(const Vit<T>& m, const T& pixels, const Capture<T>& capture) {
  check_pixels(TensorTraits<T>::shape(pixels), m.config.num_channels, m.config.image_size);
  const T patches = prepend_token(patch_embed(pixels, m.patch_embedding), m.cls_token);  // [B, 1 + patches, D]
  const T x = run_pre_norm(add_rows(patches, m.position_embeddings), m.encoder, AttentionMask{}, capture);
  if (capture) keep(capture, "last_hidden_state", layer_norm(x, m.final_norm));
  const std::vector<int64_t> first(static_cast<size_t>(size_of(x, 0)), 0);
  const T cls = layer_norm(select_tokens(x, first), m.final_norm);  // [B, D]
  if (!m.config.has_pooler) return cls;
  const T pooled = linear(cls, m.pooler, m.pooler_act);
  keep(capture, "pooler_output", pooled);
  return pooled;
}

}  // namespace sensorium
