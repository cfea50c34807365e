#pragma once
// Definitions of dual_encoder.h for any tensor type whose op set was included before. The towers' own functions are
// only declared here: each family is compiled in a source of its own.

#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/weight_io.h"

#include <algorithm>

namespace sensorium {

template <class T>
DualEncoder<T> make_empty_dual_encoder(const DualEncoderConfig& config, const std::string& source) {
  DualEncoder<T> m;
  m.config = config;
  if (const auto* c = std::get_if<ClipVisionConfig>(&config.vision)) m.vision = make_clip_vision<T>(*c, source);
  if (const auto* c = std::get_if<ModifiedResNetConfig>(&config.vision))
    m.vision = make_modified_resnet<T>(*c, config.projection_dim, source);
  if (const auto* c = std::get_if<SiglipVisionConfig>(&config.vision)) m.vision = make_siglip_vision<T>(*c, source);
  if (const auto* c = std::get_if<VitConfig>(&config.vision)) m.vision = make_vit<T>(*c, source);
  if (const auto* c = std::get_if<ResNetConfig>(&config.vision)) m.vision = make_resnet<T>(*c, source);
  if (const auto* c = std::get_if<ClipTextConfig>(&config.text)) m.text = make_clip_text<T>(*c, source);
  if (const auto* c = std::get_if<SiglipTextConfig>(&config.text)) m.text = make_siglip_text<T>(*c, source);
  if (const auto* c = std::get_if<BertConfig>(&config.text)) m.text = make_bert<T>(*c, source);
  return m;
}

template <class T>
void describe(DualEncoder<T>& m, Layout layout, WeightVisitor<T>& v) {
  const DualEncoderConfig& c = m.config;
  std::visit([&](auto& tower) { describe(tower, layout, std::string("vision_model."), v); }, m.vision);
  std::visit([&](auto& tower) { describe(tower, layout, std::string("text_model."), v); }, m.text);
  const bool siglip = c.family == DualFamily::siglip, hf = layout == Layout::hugging_face;
  const auto project = [&](const char* name, Linear<T>& l, int64_t width) {
    describe_projection(v, name, l, c.projection_dim, width, Init::normal(1 / std::sqrt(static_cast<double>(width))),
                        layout);
  };
  if (!siglip && !std::holds_alternative<ModifiedResNet<T>>(m.vision))
    project(hf ? "visual_projection" : "visual.proj", m.visual_projection, c.vision_width());
  if (!siglip) project("text_projection", m.text_projection, c.text_width());
  const auto head = [&](const std::string& name, ProjectionHead<T>& h, int64_t width) {
    const int64_t hidden = c.projection_hidden_dim;
    const auto init = [](int64_t in) { return Init{0, 0, static_cast<float>(1 / std::sqrt(static_cast<double>(in)))}; };
    describe_layer_norm(v, name + ".norm", h.norm, width);
    describe_linear(v, name + ".fc1", h.fc1, hidden, width, init(width));
    describe_linear(v, name + ".fc2", h.fc2, c.projection_dim, hidden, init(hidden));
  };
  if (c.projection_hidden_dim > 0) {
    head("visual_head", m.visual_head, c.vision_width());
    head("text_head", m.text_head, c.text_width());
  }
  const std::vector<int64_t> stored = siglip ? std::vector<int64_t>{1} : std::vector<int64_t>{};
  v.weight({.name = "logit_scale",
            .shape = {1},
            .init = Init::constant(static_cast<float>(c.logit_scale_init_value)),
            .has_stored_shape = true,
            .stored_shape = stored},
           m.logit_scale);
  if (siglip) v.weight({.name = "logit_bias", .shape = {1}, .init = Init::constant(-10)}, m.logit_bias);
}

template <class T>
T pool_image(const DualEncoder<T>& m, const T& pixels, const Capture<T>& capture) {
  return std::visit([&](const auto& tower) { return pool_pixels(tower, pixels, capture); }, m.vision);
}

template <class T>
T pool_text(const DualEncoder<T>& m, const TokenBatch& tokens, const Capture<T>& capture) {
  return std::visit([&](const auto& tower) { return pool_tokens(tower, tokens, capture); }, m.text);
}

/// The linear projection, with a two-layer head beside it where there is one.
template <class T>
T project(const T& pooled, const Linear<T>& projection, const ProjectionHead<T>& head) {
  if (!is_defined(head.fc1.weight)) return linear(pooled, projection);
  const T n = layer_norm(pooled, head.norm);
  return add_linear(linear(n, projection), linear(n, head.fc1, Activation::gelu), head.fc2);
}

template <class T>
T project_image(const DualEncoder<T>& m, const T& pooled) {
  if (const auto* resnet = std::get_if<ModifiedResNet<T>>(&m.vision)) return linear(pooled, resnet->pool.output);
  return is_defined(m.visual_projection.weight) ? project(pooled, m.visual_projection, m.visual_head) : pooled;
}

template <class T>
T project_text(const DualEncoder<T>& m, const T& pooled) {
  if (const auto* siglip = std::get_if<SiglipText<T>>(&m.text)) return linear(pooled, siglip->head);
  return project(pooled, m.text_projection, m.text_head);
}

/// Where F.normalize and `transformers` put no floor or 1e-12 under the norm: neither acts on real embeddings.
inline constexpr float kNormFloor = 1e-12f;

template <class T>
T encode_image(const DualEncoder<T>& m, const T& pixels) {
  return l2_normalize(project_image(m, pool_image(m, pixels, Capture<T>())), kNormFloor);
}

template <class T>
T encode_text(const DualEncoder<T>& m, const TokenBatch& tokens) {
  return l2_normalize(project_text(m, pool_text(m, tokens, Capture<T>())), kNormFloor);
}

template <class T>
T logits_per_image(const DualEncoder<T>& m, const T& image_embeds, const T& text_embeds) {
  return similarity(image_embeds, text_embeds, m.logit_scale, m.logit_bias);
}

template <class T>
void prepare_weights(DualEncoder<T>& m) {
  PrepareVisitor<T> v;
  describe(m, m.config.layout, v);
}

/// Chinese-CLIP's row for padding is zero in `transformers`, whatever the file holds. Only states at padded positions,
/// which nothing looks at, can tell.
template <class T>
void clear_padding_row(DualEncoder<T>& m) {
  auto* bert = std::get_if<Bert<T>>(&m.text);
  if (m.config.family != DualFamily::chinese_clip || !bert) return;
  const int64_t row = bert->config.pad_token_id, width = bert->config.hidden_size;
  if (row < 0 || row >= bert->config.vocab_size) return;
  std::vector<float> table = TensorTraits<T>::to_float(bert->word_embeddings.weight);
  std::fill_n(table.begin() + row * width, width, 0.0f);
  bert->word_embeddings.weight = TensorTraits<T>::from_float(table.data(), {bert->config.vocab_size, width});
}

template <class T>
DualEncoder<T> load_dual_encoder(const fs::path& folder) {
  const DualEncoderConfig config = read_dual_encoder_config(folder);
  const std::string source = (folder / config_file_name(config.layout)).string();
  DualEncoder<T> m = make_empty_dual_encoder<T>(config, source);
  WeightSource weights(folder, source);
  ReadyVisitor<T> load(weights);
  describe(m, config.layout, load);
  weights.check_all_read();
  clear_padding_row(m);
  return m;
}

template <class T>
DualEncoder<T> make_dual_encoder(const DualEncoderConfig& config, uint64_t seed) {
  DualEncoder<T> m = make_empty_dual_encoder<T>(config, "config");
  FreshVisitor<T> fresh(seed);
  describe(m, config.layout, fresh);
  clear_padding_row(m);
  prepare_weights(m);
  return m;
}

template <class T>
void save_dual_encoder(const DualEncoder<T>& model, const fs::path& folder) {
  DualEncoder<T> m = model;  // shares the weights; describe wants them mutable
  WeightSink sink;
  SaveVisitor<T> save(sink);
  describe(m, m.config.layout, save);
  sink.write(folder, m.config.layout);
  write_file(folder / config_file_name(m.config.layout), to_json(m.config).dump(2) + "\n");
}

}  // namespace sensorium
