#pragma once
// CLIP's vision transformer (Radford et al., "Learning transferable visual models from natural language supervision",
// 2021).

#include "sensorium/models/json_fields.h"
#include "sensorium/models/transformer.h"

namespace sensorium {

/// Hugging Face's `CLIPVisionConfig`; `openai/clip-vit-base-patch32` by default.
struct ClipVisionConfig {
  int64_t hidden_size = 768, intermediate_size = 3072, num_hidden_layers = 12, num_attention_heads = 12;
  int64_t num_channels = 3, image_size = 224, patch_size = 32;
  std::string hidden_act = "quick_gelu";
  double layer_norm_eps = 1e-5;

  void describe(ConfigFields& f);
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const ClipVisionConfig&) const = default;
};

template <class T>
struct ClipVision {
  ClipVisionConfig config;
  T class_embedding;  // [D]
  Conv2d<T> patch_embedding;
  T position_embedding;  // [1 + patches, D]
  LayerNorm<T> pre_norm, post_norm;
  Transformer<T> encoder;
};

/// A tower without weights. Throws InputError naming `source` for sizes that do not fit each other.
template <class T>
ClipVision<T> make_clip_vision(const ClipVisionConfig& config, const std::string& source);

/// `prefix` stands before Hugging Face's names ("vision_model."); open_clip's are under "visual." without the
/// projection.
template <class T>
void describe(ClipVision<T>& model, Layout layout, const std::string& prefix, WeightVisitor<T>& v);

/// Pixels [B,C,S,S], normalised, to the class token after post-normalisation [B,D]. Captures hidden states (.0 after
/// pre-normalisation), "last_hidden_state" (before post-normalisation) and "pooler_output". Throws InputError for other
/// shapes. Thread-safe.
template <class T>
T pool_pixels(const ClipVision<T>& model, const T& pixels, const Capture<T>& capture = {});

}  // namespace sensorium
