#pragma once
// CLIP's causal text transformer.

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {

/// Hugging Face's `CLIPTextConfig`.
struct ClipTextConfig {
  int64_t vocab_size = 49408, hidden_size = 512, intermediate_size = 2048, num_hidden_layers = 12;
  int64_t num_attention_heads = 8, max_position_embeddings = 77;
  std::string hidden_act = "quick_gelu";
  double layer_norm_eps = 1e-5;
  int64_t pad_token_id = 1, bos_token_id = 49406, eos_token_id = 49407;

  void describe(ConfigFields& f);
  /// Whether a caption is pooled at its largest id instead of at its first `eos_token_id`: the published OpenAI
  /// configurations say 2 there, which is not their end of text.
  bool pools_at_largest_id() const { return eos_token_id == 2; }
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const ClipTextConfig&) const = default;
};

template <class T>
struct ClipText {
  ClipTextConfig config;
  Embedding<T> token_embedding;
  T position_embedding;  // [context, D]
  Transformer<T> encoder;
  LayerNorm<T> final_norm;
};

template <class T>
ClipText<T> make_clip_text(const ClipTextConfig& config, const std::string& source);

/// `prefix` stands before Hugging Face's names ("text_model."); open_clip's have none, and the projection is not among
/// them.
template <class T>
void describe(ClipText<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// Position [B] that each caption is pooled at: the first end of text (0 where there is none, as in
/// `transformers`), or the first of the largest ids.
std::vector<int64_t> end_of_text(const ClipTextConfig& config, const TokenBatch& tokens);

/// Captions to their end-of-text state [B,D], after the final normalisation. The attention is causal, so without a
/// capture the batch is cut at its longest caption: same result, less work. With one, all positions are computed:
/// hidden states, "last_hidden_state" (normalised) and "pooler_output". Throws InputError for ids outside the
/// vocabulary or more tokens than positions. Thread-safe.
template <class T>
T pool_tokens(const ClipText<T>& model, const TokenBatch& tokens, const Capture<T>& capture = {});

}  // namespace sensorium
