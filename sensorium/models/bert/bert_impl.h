#pragma once
// Definitions of bert.h for any tensor type whose op set was included before.

#include "sensorium/models/bert/bert.h"
#include "sensorium/models/checks.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

template <class T>
Bert<T> make_bert(const BertConfig& config, const std::string& source) {
  Bert<T> m;
  m.config = config;
  m.embedding_norm.epsilon = static_cast<float>(config.layer_norm_eps);
  m.encoder = make_transformer<T>(config.sizes(), parse_activation(config.hidden_act, source), source);
  return m;
}

template <class T>
void describe(Bert<T>& m, Layout layout, const std::string& prefix, WeightVisitor<T>& v) {
  SENSORIUM_ASSERT(layout == Layout::hugging_face);
  const BertConfig& c = m.config;
  const int64_t width = c.hidden_size;
  const Init init = Init::normal(0.02);
  const std::string e = prefix + "embeddings.";
  v.weight({.name = e + "word_embeddings.weight", .shape = {c.vocab_size, width}, .init = init},
           m.word_embeddings.weight);
  v.weight({.name = e + "position_embeddings.weight", .shape = {c.max_position_embeddings, width}, .init = init},
           m.position_embeddings);
  v.weight({.name = e + "token_type_embeddings.weight", .shape = {c.type_vocab_size, width}, .init = init},
           m.token_type_embeddings.weight);
  describe_layer_norm(v, e + "LayerNorm", m.embedding_norm, width);
  for (size_t i = 0; i < m.encoder.layers.size(); ++i) {
    const std::string p = prefix + "encoder.layer." + std::to_string(i) + ".";
    auto& l = m.encoder.layers[i];
    const std::string self = p + "attention.self.";
    describe_attention(v, {self + "query", self + "key", self + "value", p + "attention.output.dense"}, l.attention,
                       width, {init, init});
    describe_layer_norm(v, p + "attention.output.LayerNorm", l.norm1, width);
    describe_linear(v, p + "intermediate.dense", l.fc1, c.intermediate_size, width, init);
    describe_linear(v, p + "output.dense", l.fc2, width, c.intermediate_size, init);
    describe_layer_norm(v, p + "output.LayerNorm", l.norm2, width);
  }
  if (c.has_pooler) describe_linear(v, prefix + "pooler.dense", m.pooler, width, width, init);
}

template <class T>
T encode_tokens(const Bert<T>& m, const TokenBatch& tokens, const Capture<T>& capture) {
  check_tokens(tokens, m.config.max_position_embeddings, m.config.vocab_size);
  const T words = embed_tokens({tokens.batch, tokens.length, tokens.input_ids}, m.word_embeddings);
  const T typed = add_token_types(words, tokens.token_type_ids, m.token_type_embeddings);
  const T embedded = layer_norm(add_rows(typed, m.position_embeddings), m.embedding_norm);
  const T x = run_post_norm(embedded, m.encoder, AttentionMask{false, tokens.attention_mask}, capture);
  keep(capture, "last_hidden_state", x);
  return x;
}

template <class T>
T pool_tokens(const Bert<T>& m, const TokenBatch& tokens, const Capture<T>& capture) {
  const std::vector<int64_t> first(static_cast<size_t>(tokens.batch), 0);
  const T states = encode_tokens(m, tokens, capture);  // [B, T, D]
  if (m.config.mean_pooling) return mean_tokens(states, tokens.attention_mask);
  const T cls = select_tokens(states, first);  // [B, D]
  if (!m.config.has_pooler) return cls;
  const T pooled = linear(cls, m.pooler, Activation::tanh);
  keep(capture, "pooler_output", pooled);
  return pooled;
}

}  // namespace sensorium
