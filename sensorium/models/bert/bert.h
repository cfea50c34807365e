#pragma once
// BERT (Devlin et al., "BERT: pre-training of deep bidirectional transformers", 2018).

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {

/// Hugging Face's `BertConfig`. `has_pooler` is no key: the model around decides it (VisionTextDualEncoder has one,
/// Chinese-CLIP has none).
struct BertConfig {
  int64_t vocab_size = 30522, hidden_size = 768, num_hidden_layers = 12, num_attention_heads = 12;
  int64_t intermediate_size = 3072, max_position_embeddings = 512, type_vocab_size = 2;
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-12;
  int64_t pad_token_id = 0;
  bool has_pooler = true;
  /// Nor is `mean_pooling`: the mean of the real tokens' states instead of the first token's, as sentence encoders
  /// pool.
  bool mean_pooling = false;

  void describe(ConfigFields& f);
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const BertConfig&) const = default;
};

template <class T>
struct Bert {
  BertConfig config;
  Embedding<T> word_embeddings, token_type_embeddings;
  T position_embeddings;  // [max_position_embeddings, D]
  LayerNorm<T> embedding_norm;
  Transformer<T> encoder;
  Linear<T> pooler;
};

template <class T>
Bert<T> make_bert(const BertConfig& config, const std::string& source);
template <class T>
void describe(Bert<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// The last layer's states [B,T,D]. Empty `token_type_ids` are all 0, an empty `attention_mask` all 1. Captures hidden
/// states (.0 after the embeddings' norm) and "last_hidden_state". Throws InputError for ids outside their tables or
/// more tokens than positions. Thread-safe.
template <class T>
T encode_tokens(const Bert<T>& model, const TokenBatch& tokens, const Capture<T>& capture = {});

/// tanh(pooler(first token)), or the first token's state where there is no pooler, or with `mean_pooling` the mean over
/// the mask's tokens: [B,D]. Also captures "pooler_output"
/// where there is one.
template <class T>
T pool_tokens(const Bert<T>& model, const TokenBatch& tokens, const Capture<T>& capture = {});

}  // namespace sensorium
