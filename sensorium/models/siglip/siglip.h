#pragma once
// SigLIP's towers (Zhai et al., "Sigmoid loss for language image pre-training", 2023): no class token, attention
// pooling of patches; bidirectional text, pooled at the last position.

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"
#include "sensorium/text/tokenizer.h"

namespace sensorium {

/// Hugging Face's `SiglipVisionConfig`.
struct SiglipVisionConfig {
  int64_t hidden_size = 768, intermediate_size = 3072, num_hidden_layers = 12, num_attention_heads = 12;
  int64_t num_channels = 3, image_size = 224, patch_size = 16;
  std::string hidden_act = "gelu_pytorch_tanh";
  double layer_norm_eps = 1e-6;

  void describe(ConfigFields& f);
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const SiglipVisionConfig&) const = default;
};

/// Hugging Face's `SiglipTextConfig`. `projection_size` is the width of the head's output, the vision tower's width.
struct SiglipTextConfig {
  int64_t vocab_size = 32000, hidden_size = 768, intermediate_size = 3072, num_hidden_layers = 12;
  int64_t num_attention_heads = 12, max_position_embeddings = 64, projection_size = 0;
  std::string hidden_act = "gelu_pytorch_tanh";
  double layer_norm_eps = 1e-6;
  int64_t pad_token_id = 1, bos_token_id = 49406, eos_token_id = 49407;

  void describe(ConfigFields& f);
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const SiglipTextConfig&) const = default;
};

template <class T>
struct SiglipVision {
  SiglipVisionConfig config;
  Conv2d<T> patch_embedding;
  T position_embedding;  // [patches, D]
  Transformer<T> encoder;
  LayerNorm<T> post_norm;
  T probe;  // [1, D]
  SelfAttention<T> head;
  LayerNorm<T> head_norm;
  Linear<T> head_fc1, head_fc2;
};

template <class T>
struct SiglipText {
  SiglipTextConfig config;
  Embedding<T> token_embedding;
  T position_embedding;  // [context, D]
  Transformer<T> encoder;
  LayerNorm<T> final_norm;
  Linear<T> head;  // to projection_size
};

template <class T>
SiglipVision<T> make_siglip_vision(const SiglipVisionConfig& config, const std::string& source);
template <class T>
SiglipText<T> make_siglip_text(const SiglipTextConfig& config, const std::string& source);
template <class T>
void describe(SiglipVision<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);
template <class T>
void describe(SiglipText<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// Pixels [B,C,S,S] to the attention head's output [B,D]. Captures hidden states, "last_hidden_state" (post-normalised)
/// and "pooler_output". Thread-safe.
template <class T>
T pool_pixels(const SiglipVision<T>& model, const T& pixels, const Capture<T>& capture = {});

/// Captions to the final norm's last position [B,D], before the head. Padding is seen, as in SigLIP's training, where
/// `attention_mask` is empty; else masked. Captures hidden states and "last_hidden_state". Thread-safe.
template <class T>
T pool_tokens(const SiglipText<T>& model, const TokenBatch& tokens, const Capture<T>& capture = {});

}  // namespace sensorium
