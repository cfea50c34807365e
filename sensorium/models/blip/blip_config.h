#pragma once
// BLIP's configuration files.

#include "sensorium/models/json_fields.h"
#include "sensorium/models/resnet/resnet.h"
#include "sensorium/models/transformer.h"

#include <optional>
#include <string>
#include <vector>

namespace sensorium {

/// `BlipVisionConfig` of transformers.
struct BlipVisionConfig {
  int64_t hidden_size = 768, intermediate_size = 3072, num_hidden_layers = 12, num_attention_heads = 12;
  int64_t image_size = 384, patch_size = 16, projection_dim = 512;
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-5;

  void describe(ConfigFields& f);
  TransformerSizes sizes() const {
    return {hidden_size, num_attention_heads, num_hidden_layers, intermediate_size, layer_norm_eps};
  }
  bool operator==(const BlipVisionConfig&) const = default;
};

/// `BlipTextConfig` of transformers. Texts are written from bos_token_id to sep_token_id (not eos_token_id, which BLIP
/// does not use). `encoder_hidden_size` is always the vision tower's width, as in transformers.
struct BlipTextConfig {
  int64_t vocab_size = 30524, hidden_size = 768, encoder_hidden_size = 768, intermediate_size = 3072;
  int64_t projection_dim = 768, num_hidden_layers = 12, num_attention_heads = 8, max_position_embeddings = 512;
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-12, label_smoothing = 0;
  int64_t bos_token_id = 30522, eos_token_id = 2, pad_token_id = 0, sep_token_id = 102;

  void describe(ConfigFields& f);
  bool operator==(const BlipTextConfig&) const = default;
};

/// Which of BLIP's models a folder holds.
enum class BlipKind {
  caption,      // BlipForConditionalGeneration: decoder over the picture
  retrieval,    // BlipForImageTextRetrieval: contrast and matching
  vqa,          // BlipForQuestionAnswering: question encoder over the picture, answer decoder over the question
  contrastive,  // BlipModel: pooled towers, as CLIP
  pretraining,  // BlipForPreTraining (our own): all three heads; the decoder shares all but its self attention with the
                // encoder (the paper, section 3.2)
};

struct BlipConfig {
  BlipKind kind = BlipKind::caption;
  BlipVisionConfig vision;
  /// Our extension: "vision_config" of model_type "resnet" (the fields of ResNetConfig, and image_size) is a ResNet
  /// whose last stage's positions are the picture's tokens. Of `vision` then only hidden_size and image_size count.
  std::optional<ResNetConfig> resnet;
  BlipTextConfig text;
  int64_t projection_dim = 512, image_text_hidden_size = 256;
  double logit_scale_init_value = 2.6592;

  bool has_decoder() const {
    return kind == BlipKind::caption || kind == BlipKind::vqa || kind == BlipKind::pretraining;
  }
  bool has_encoder() const { return kind != BlipKind::caption; }
  bool has_matching() const { return kind == BlipKind::retrieval || kind == BlipKind::pretraining; }
  bool operator==(const BlipConfig&) const = default;
};

/// "BlipForConditionalGeneration", ...
std::string architecture_of(BlipKind kind);
/// "a captioner", ...: for errors.
std::string name_of(BlipKind kind);

/// Throws InputError naming `source` for another model_type or architecture, and for values that no model can have.
BlipConfig parse_blip_config(const Json& json, const std::string& source);
OrderedJson to_json(const BlipConfig& config);
/// What is written as generation_config.json of a model that writes texts.
OrderedJson generation_config_json(const BlipConfig& config);
/// Whether config.json of a folder is BLIP's.
bool is_blip(const fs::path& folder);

}  // namespace sensorium
