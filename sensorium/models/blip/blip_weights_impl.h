#pragma once
// BLIP's weights, and loading and saving them: definitions for any tensor type whose op sets were included before.

#include "sensorium/models/blip/blip.h"
#include "sensorium/models/checks.h"
#include "sensorium/models/weight_io.h"

namespace sensorium {

/// What all of BLIP's weights begin as: the paper's code takes normal 0.02 everywhere but in biases and norms.
inline Init blip_init() {
  return Init::normal(0.02);
}

template <class T>
void describe_blip_vision(BlipVision<T>& m, WeightVisitor<T>& v) {
  const BlipVisionConfig& c = m.config;
  if (!m.resnet.stages.empty()) {
    describe(m.resnet, Layout::hugging_face, "vision_model.", v);
    describe_layer_norm(v, "vision_model.post_layernorm", m.post_norm, c.hidden_size);
    return;
  }
  const int64_t width = c.hidden_size, positions = 1 + count_patches(c.image_size, c.patch_size, "config");
  const std::string e = "vision_model.embeddings.";
  const auto lead = [&](const std::string& name, std::vector<int64_t> shape, std::vector<int64_t> stored, T& value) {
    v.weight({.name = e + name,
              .shape = std::move(shape),
              .init = blip_init(),
              .has_stored_shape = true,
              .stored_shape = std::move(stored)},
             value);
  };
  lead("class_embedding", {width}, {1, 1, width}, m.cls_token);
  lead("position_embedding", {positions, width}, {1, positions, width}, m.position_embeddings);
  describe_patches(v, e + "patch_embedding", m.patch_embedding, width, 3, c.patch_size, blip_init(), true);
  for (size_t i = 0; i < m.encoder.layers.size(); ++i) {
    const std::string p = "vision_model.encoder.layers." + std::to_string(i) + ".", self = p + "self_attn.";
    TransformerLayer<T>& l = m.encoder.layers[i];
    describe_layer_norm(v, p + "layer_norm1", l.norm1, width);
    Linear<T>* const fused[3] = {&l.attention.query, &l.attention.key, &l.attention.value};
    for (int part = 0; part < 3; ++part) {
      v.weight({.name = self + "qkv.weight", .shape = {width, width}, .init = blip_init(), .part = part, .parts = 3},
               fused[part]->weight);
      v.weight({.name = self + "qkv.bias", .shape = {width}, .init = {}, .part = part, .parts = 3}, fused[part]->bias);
    }
    v.weight({.name = self + "projection.weight", .shape = {width, width}, .init = blip_init()},
             l.attention.output.weight);
    v.weight({.name = self + "projection.bias", .shape = {width}, .init = {}}, l.attention.output.bias);
    v.attention({self + "qkv.0", self + "qkv.1", self + "qkv.2", self + "projection"}, l.attention);
    describe_layer_norm(v, p + "layer_norm2", l.norm2, width);
    describe_linear(v, p + "mlp.fc1", l.fc1, c.intermediate_size, width, blip_init());
    describe_linear(v, p + "mlp.fc2", l.fc2, width, c.intermediate_size, blip_init());
  }
  describe_layer_norm(v, "vision_model.post_layernorm", m.post_norm, width);
}

template <class T>
void describe_text_self(const std::string& p, BlipTextLayer<T>& l, int64_t width, WeightVisitor<T>& v) {
  const std::string self = p + "attention.self.";
  describe_attention(v, {self + "query", self + "key", self + "value", p + "attention.output.dense"}, l.self, width,
                     {blip_init(), blip_init()});
  describe_layer_norm(v, p + "attention.output.LayerNorm", l.self_norm, width);
}

/// Queries of the text, keys and values of what it looks at.
template <class T>
void describe_text_cross(const std::string& p, BlipTextLayer<T>& l, const BlipTextConfig& c, WeightVisitor<T>& v) {
  const std::string self = p + "crossattention.self.";
  const int64_t width = c.hidden_size;
  const std::array<std::string, 4> names{self + "query", self + "key", self + "value",
                                         p + "crossattention.output.dense"};
  Linear<T>* const parts[4] = {&l.cross.query, &l.cross.key, &l.cross.value, &l.cross.output};
  for (int i = 0; i < 4; ++i) {
    const int64_t in = i == 1 || i == 2 ? c.encoder_hidden_size : width;
    v.weight({.name = names[i] + ".weight", .shape = {width, in}, .init = blip_init()}, parts[i]->weight);
    v.weight({.name = names[i] + ".bias", .shape = {width}, .init = {}}, parts[i]->bias);
  }
  v.cross_attention(names, l.cross);
  describe_layer_norm(v, p + "crossattention.output.LayerNorm", l.cross_norm, width);
}

template <class T>
void describe_blip_text(BlipText<T>& m, const std::string& prefix, WeightVisitor<T>& v) {
  const BlipTextConfig& c = m.config;
  const int64_t width = c.hidden_size;
  const std::string e = prefix + "embeddings.";
  v.weight({.name = e + "word_embeddings.weight", .shape = {c.vocab_size, width}, .init = blip_init()},
           m.word_embeddings.weight);
  v.weight({.name = e + "position_embeddings.weight", .shape = {c.max_position_embeddings, width}, .init = blip_init()},
           m.position_embeddings);
  describe_layer_norm(v, e + "LayerNorm", m.embedding_norm, width);
  for (size_t i = 0; i < m.layers.size(); ++i) {
    const std::string p = prefix + "encoder.layer." + std::to_string(i) + ".";
    BlipTextLayer<T>& l = m.layers[i];
    describe_text_self(p, l, width, v);
    describe_text_cross(p, l, c, v);
    describe_linear(v, p + "intermediate.dense", l.fc1, c.intermediate_size, width, blip_init());
    describe_linear(v, p + "output.dense", l.fc2, width, c.intermediate_size, blip_init());
    describe_layer_norm(v, p + "output.LayerNorm", l.output_norm, width);
  }
}

/// The decoder of a pre-training model: the encoder's own weights, but for the self attention (the paper, section 3.2).
template <class T>
void describe_shared_decoder(Blip<T>& m, WeightVisitor<T>& v) {
  BlipText<T>& d = m.text_decoder;
  const BlipText<T>& e = m.text_encoder;
  d.word_embeddings = e.word_embeddings;
  d.position_embeddings = e.position_embeddings;
  d.embedding_norm = e.embedding_norm;
  for (size_t i = 0; i < d.layers.size(); ++i) {
    const BlipTextLayer<T>& from = e.layers[i];
    BlipTextLayer<T>& l = d.layers[i];
    l.cross = from.cross, l.cross_norm = from.cross_norm, l.output_norm = from.output_norm;
    l.fc1 = from.fc1, l.fc2 = from.fc2;
    describe_text_self("text_decoder.bert.encoder.layer." + std::to_string(i) + ".", l, d.config.hidden_size, v);
  }
}

template <class T>
void describe_language_head(Blip<T>& m, WeightVisitor<T>& v) {
  const std::string p = "text_decoder.cls.predictions.";
  const int64_t width = m.config.text.hidden_size, vocabulary = m.config.text.vocab_size;
  BlipLanguageHead<T>& h = m.language_head;
  describe_linear(v, p + "transform.dense", h.transform, width, width, blip_init());
  describe_layer_norm(v, p + "transform.LayerNorm", h.norm, width);
  v.weight({.name = p + "bias", .shape = {vocabulary}, .init = {}}, h.decoder.bias);
  h.decoder.weight = m.text_decoder.word_embeddings.weight;
  v.linear(p + "decoder", h.decoder);
}

template <class T>
void describe(Blip<T>& m, WeightVisitor<T>& v) {
  const BlipConfig& c = m.config;
  const int64_t vision = c.vision.hidden_size, text = c.text.hidden_size, joint = c.image_text_hidden_size;
  const bool contrastive = c.kind == BlipKind::contrastive;
  describe_blip_vision(m.vision, v);
  if (c.has_encoder()) describe_blip_text(m.text_encoder, contrastive ? "text_model." : "text_encoder.", v);
  if (c.kind == BlipKind::pretraining) describe_shared_decoder(m, v);
  if (c.kind == BlipKind::caption || c.kind == BlipKind::vqa)
    describe_blip_text(m.text_decoder, "text_decoder.bert.", v);
  if (c.has_decoder()) describe_language_head(m, v);
  if (c.has_matching()) {
    describe_linear(v, "vision_proj", m.vision_proj, joint, vision, blip_init());
    describe_linear(v, "text_proj", m.text_proj, joint, text, blip_init());
    describe_linear(v, "itm_head", m.itm_head, 2, text, blip_init());
  }
  const auto scalar = [&](const char* name, float value, T& t) {
    v.weight({.name = name, .shape = {1}, .init = Init::constant(value), .has_stored_shape = true, .stored_shape = {}},
             t);
  };
  if (c.kind == BlipKind::pretraining) scalar("temp", 0.07f, m.temperature);
  if (!contrastive) return;
  describe_linear(v, "text_model.pooler.dense", m.text_pooler, text, text, blip_init());
  describe_linear(v, "visual_projection", m.vision_proj, c.projection_dim, vision, blip_init(), false);
  describe_linear(v, "text_projection", m.text_proj, c.projection_dim, text, blip_init(), false);
  scalar("logit_scale", static_cast<float>(c.logit_scale_init_value), m.logit_scale);
}

template <class T>
BlipText<T> make_blip_text(const BlipTextConfig& c, const std::string& source) {
  if (c.hidden_size % c.num_attention_heads != 0)
    throw InputError("config", "{}: text_config: expected a hidden_size that {} attention heads divide, got {}", source,
                     c.num_attention_heads, c.hidden_size);
  BlipText<T> m;
  m.config = c;
  m.act = parse_activation(c.hidden_act, source);
  const auto epsilon = static_cast<float>(c.layer_norm_eps);
  m.embedding_norm.epsilon = epsilon;
  m.layers.resize(static_cast<size_t>(c.num_hidden_layers));
  for (BlipTextLayer<T>& l : m.layers) {
    l.self.num_heads = l.cross.num_heads = static_cast<int>(c.num_attention_heads);
    l.self_norm.epsilon = l.cross_norm.epsilon = l.output_norm.epsilon = epsilon;
  }
  return m;
}

template <class T>
Blip<T> make_empty_blip(const BlipConfig& config, const std::string& source) {
  Blip<T> m;
  m.config = config;
  m.vision.config = config.vision;
  m.vision.patch_embedding.stride = static_cast<int>(config.vision.patch_size);
  m.vision.post_norm.epsilon = static_cast<float>(config.vision.layer_norm_eps);
  if (config.resnet)
    m.vision.resnet = make_resnet<T>(*config.resnet, source);
  else
    m.vision.encoder =
        make_transformer<T>(config.vision.sizes(), parse_activation(config.vision.hidden_act, source), source);
  if (config.has_encoder()) m.text_encoder = make_blip_text<T>(config.text, source);
  if (config.has_decoder()) m.text_decoder = make_blip_text<T>(config.text, source);
  m.language_head.norm.epsilon = static_cast<float>(config.text.layer_norm_eps);
  return m;
}

template <class T>
void prepare_weights(Blip<T>& m) {
  PrepareVisitor<T> v;
  describe(m, v);
}

/// Weights of other kinds' checkpoints that stand for nothing here: the tied copy of the word embeddings, heads.
inline std::vector<std::string> tied_copies() {
  return {"text_decoder.cls.predictions.decoder."};
}

template <class T>
Blip<T> load_blip(const fs::path& folder) {
  const std::string source = (folder / "config.json").string();
  Blip<T> m = make_empty_blip<T>(parse_blip_config(read_json(source), source), source);
  WeightSource weights(folder, source);
  ReadyVisitor<T> load(weights);
  describe(m, load);
  weights.check_all_read(tied_copies());
  return m;
}

/// Reads what a folder of another kind has, under the names it has it.
template <class T>
class BlipPartsVisitor : public WeightVisitor<T> {
 public:
  BlipPartsVisitor(WeightSource& source, uint64_t seed, std::vector<std::string>& fresh)
      : source_(source), seed_(seed), fresh_(fresh) {}
  void weight(const WeightSpec& spec, T& value) override {
    WeightSpec found = spec;
    found.name = name_in_file(spec.name);
    if (found.name.empty()) {
      value = TensorTraits<T>::from_float(fresh_values(spec, seed_).data(), spec.shape);
      if (spec.part == 0) fresh_.push_back(spec.name);
    } else {
      value = TensorTraits<T>::from_float(source_.read(found).data(), spec.shape);
    }
  }

 private:
  /// The name itself, or that of the same weight in the other text transformer; "" when there is neither.
  std::string name_in_file(const std::string& name) const {
    static const std::array<std::string, 3> kTexts{"text_encoder.", "text_decoder.bert.", "text_model."};
    if (source_.contains(name)) return name;
    for (const std::string& own : kTexts) {
      if (!name.starts_with(own)) continue;
      for (const std::string& other : kTexts)
        if (const std::string there = other + name.substr(own.size()); source_.contains(there)) return there;
    }
    return {};
  }

  WeightSource& source_;
  uint64_t seed_;
  std::vector<std::string>& fresh_;
};

template <class T>
Blip<T> load_blip_as(const fs::path& folder, BlipKind kind, uint64_t seed, std::vector<std::string>& fresh) {
  const std::string source = (folder / "config.json").string();
  BlipConfig config = parse_blip_config(read_json(source), source);
  config.kind = kind;
  config = parse_blip_config(Json::parse(to_json(config).dump()), source);  // what the new kind asks of the sizes
  Blip<T> m = make_empty_blip<T>(config, source);
  WeightSource weights(folder, source);
  BlipPartsVisitor<T> parts(weights, seed, fresh);
  describe(m, parts);
  prepare_weights(m);
  return m;
}

template <class T>
Blip<T> make_blip(const BlipConfig& config, uint64_t seed) {
  Blip<T> m = make_empty_blip<T>(config, "config");
  FreshVisitor<T> fresh(seed);
  describe(m, fresh);
  prepare_weights(m);
  return m;
}

template <class T>
void save_blip(const Blip<T>& model, const fs::path& folder) {
  Blip<T> m = model;  // shares the weights; describe wants them mutable
  WeightSink sink;
  SaveVisitor<T> save(sink);
  describe(m, save);
  sink.write(folder, Layout::hugging_face);
  write_file(folder / "config.json", to_json(m.config).dump(2) + "\n");
  if (m.config.has_decoder())
    write_file(folder / "generation_config.json", generation_config_json(m.config).dump(2) + "\n");
}

}  // namespace sensorium
