#pragma once
// VisionTextDualEncoder (Zhai et al., "LiT", 2021, as `transformers` has it): a ViT or CLIP's vision tower beside BERT,
// joined by two projections without bias. A ResNet tower is our extension: `transformers` cannot build that pair, as
// its ResNetConfig has no hidden_size.

#include "sensorium/models/dual_encoder.h"

namespace sensorium {

/// Hugging Face's `VisionTextDualEncoderConfig`; vision_config.model_type vit, clip_vision_model (or clip) or resnet,
/// text_config.model_type bert. Two keys more are ours, absent unless used: "text_pooling": "mean" pools like a
/// sentence encoder, "projection_hidden_dim" adds a two-layer head beside each projection. Throws InputError naming
/// `source`.
DualEncoderConfig parse_vision_text_dual_config(const Json& json, const std::string& source);
OrderedJson vision_text_dual_json(const DualEncoderConfig& config);

}  // namespace sensorium
