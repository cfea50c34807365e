#pragma once
// Definitions of sentence_encoder.h for any tensor type whose op set was included before.

#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/weight_io.h"

namespace sensorium {

template <class T>
T pool_states(const SentenceEncoder<T>& m, const T& states, const TokenBatch& tokens) {
  if (m.config.pooling == SentencePooling::mean) return mean_tokens(states, tokens.attention_mask);
  return select_tokens(states, std::vector<int64_t>(static_cast<size_t>(tokens.batch), 0));
}

template <class T>
T encode_sentences(const SentenceEncoder<T>& m, const TokenBatch& tokens, const Capture<T>& capture) {
  const T pooled = pool_states(m, encode_tokens(m.bert, tokens, capture), tokens);
  return m.config.normalize ? l2_normalize(pooled, 1e-12f) : pooled;
}

template <class T>
T pooler_output(const Bert<T>& m, const T& states) {
  const std::vector<int64_t> first(static_cast<size_t>(size_of(states, 0)), 0);
  return linear(select_tokens(states, first), m.pooler, Activation::tanh);
}

template <class T>
void prepare_sentence_encoder(SentenceEncoder<T>& m) {
  PrepareVisitor<T> v;
  describe(m.bert, Layout::hugging_face, std::string(), v);
}

template <class T>
SentenceEncoder<T> load_sentence_encoder(const fs::path& folder) {
  SentenceEncoder<T> m;
  m.config = read_sentence_encoder_config(folder);
  const std::string source = (folder / "config.json").string();
  WeightSource weights(folder, source);
  m.config.bert.has_pooler = weights.contains_layer("pooler.dense");
  m.bert = make_bert<T>(m.config.bert, source);
  ReadyVisitor<T> load(weights);
  describe(m.bert, Layout::hugging_face, std::string(), load);
  weights.check_all_read({"cls."});  // the heads of pre-training
  return m;
}

template <class T>
SentenceEncoder<T> make_sentence_encoder(const SentenceEncoderConfig& config, uint64_t seed) {
  SentenceEncoder<T> m;
  m.config = config;
  m.bert = make_bert<T>(config.bert, "config");
  FreshVisitor<T> fresh(seed);
  describe(m.bert, Layout::hugging_face, std::string(), fresh);
  prepare_sentence_encoder(m);
  return m;
}

template <class T>
void save_sentence_encoder(const SentenceEncoder<T>& model, const fs::path& folder) {
  SentenceEncoder<T> m = model;
  WeightSink sink;
  SaveVisitor<T> save(sink);
  describe(m.bert, Layout::hugging_face, std::string(), save);
  sink.write(folder, Layout::hugging_face);
  write_file(folder / "config.json", to_json(m.config.bert).dump(2) + "\n");
  write_sentence_modules(m.config, folder);
}

}  // namespace sensorium
