#pragma once
// Sentence encoders on BERT (Reimers and Gurevych, "Sentence-BERT", 2019), in sentence-transformers' folder layout.

#include "sensorium/models/bert/bert.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

enum class SentencePooling { mean, cls };

/// config.json of the BERT, and from `modules.json` and `1_Pooling/config.json` how its states become one vector. A
/// folder without modules.json is mean-pooled and normalised.
struct SentenceEncoderConfig {
  BertConfig bert;
  SentencePooling pooling = SentencePooling::mean;
  bool normalize = true;
  int64_t max_length = 0;  // sentence_bert_config.json's max_seq_length; 0: not said

  bool operator==(const SentenceEncoderConfig&) const = default;
};

/// Throws InputError naming the file, for other models than BERT and for modules and poolings not named here.
SentenceEncoderConfig read_sentence_encoder_config(const fs::path& folder);
/// config.json.
OrderedJson to_json(const BertConfig& config);
/// Writes modules.json, 1_Pooling/config.json and sentence_bert_config.json beside the BERT's own files.
void write_sentence_modules(const SentenceEncoderConfig& config, const fs::path& folder);

template <class T>
struct SentenceEncoder {
  SentenceEncoderConfig config;
  Bert<T> bert;
};

/// Token states [B,T,D] to one vector a text [B,D], before normalisation.
template <class T>
T pool_states(const SentenceEncoder<T>& model, const T& states, const TokenBatch& tokens);

/// Texts to vectors [B,D], of unit length where the folder says so. Captures as encode_tokens does. Thread-safe.
template <class T>
T encode_sentences(const SentenceEncoder<T>& model, const TokenBatch& tokens, const Capture<T>& capture = {});

/// The pooler's tanh(W cls + b) [B,D] of given states, for models that have one. Not part of the embedding.
template <class T>
T pooler_output(const Bert<T>& model, const T& states);

template <class T>
SentenceEncoder<T> load_sentence_encoder(const fs::path& folder);
template <class T>
SentenceEncoder<T> make_sentence_encoder(const SentenceEncoderConfig& config, uint64_t seed);
template <class T>
void save_sentence_encoder(const SentenceEncoder<T>& model, const fs::path& folder);

}  // namespace sensorium
