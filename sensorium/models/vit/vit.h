#pragma once
// The vision transformer (Dosovitskiy et al., "An image is worth 16x16 words", 2020), as `transformers` lays it out.

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"

namespace sensorium {

/// Hugging Face's `ViTConfig`. `has_pooler` is no key: VisionTextDualEncoder's tower has one, a classifier has none.
struct VitConfig {
  int64_t hidden_size = 768, num_hidden_layers = 12, num_attention_heads = 12, intermediate_size = 3072;
  int64_t num_channels = 3, image_size = 224, patch_size = 16;
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-12;
  bool qkv_bias = true;
  int64_t pooler_output_size = 0;  // 0: hidden_size
  std::string pooler_act = "tanh";
  bool has_pooler = false;

  void describe(ConfigFields& f);
  /// Width of what pool_pixels gives.
  int64_t output_width() const { return has_pooler && pooler_output_size ? pooler_output_size : hidden_size; }
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const VitConfig&) const = default;
};

template <class T>
struct Vit {
  VitConfig config;
  T cls_token;  // [D]
  Conv2d<T> patch_embedding;
  T position_embeddings;  // [1 + patches, D]
  Transformer<T> encoder;
  LayerNorm<T> final_norm;
  Linear<T> pooler;
  Activation pooler_act = Activation::tanh;
};

template <class T>
Vit<T> make_vit(const VitConfig& config, const std::string& source);
template <class T>
void describe(Vit<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// Pixels [B,C,S,S] to the pooler's output, or the normalised class token where there is none: [B,D]. Captures hidden
/// states, "last_hidden_state" (normalised) and "pooler_output". Thread-safe.
template <class T>
T pool_pixels(const Vit<T>& model, const T& pixels, const Capture<T>& capture = {});

}  // namespace sensorium
