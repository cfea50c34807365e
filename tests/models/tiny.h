#pragma once
// Tiny configurations of every two-tower family.

#include "sensorium/models/dual_encoder.h"

namespace sensorium::test {

inline ClipVisionConfig tiny_clip_vision() {
  ClipVisionConfig c;
  c.hidden_size = 16, c.intermediate_size = 64, c.num_hidden_layers = 2, c.num_attention_heads = 2;
  c.image_size = 16, c.patch_size = 8;
  return c;
}

inline ClipTextConfig tiny_clip_text() {
  ClipTextConfig c;
  c.vocab_size = 50, c.hidden_size = 24, c.intermediate_size = 96, c.num_hidden_layers = 2, c.num_attention_heads = 3;
  c.max_position_embeddings = 10, c.pad_token_id = 1, c.bos_token_id = 0, c.eos_token_id = 2;
  return c;
}

inline BertConfig tiny_bert() {
  BertConfig c;
  c.vocab_size = 40, c.hidden_size = 16, c.intermediate_size = 32, c.num_hidden_layers = 2, c.num_attention_heads = 4;
  c.max_position_embeddings = 12;
  return c;
}

inline DualEncoderConfig tiny_clip() {
  DualEncoderConfig c;
  c.vision = tiny_clip_vision(), c.text = tiny_clip_text(), c.projection_dim = 8;
  return c;
}

inline DualEncoderConfig tiny_siglip() {
  SiglipVisionConfig vision;
  vision.hidden_size = 16, vision.intermediate_size = 40, vision.num_hidden_layers = 2, vision.num_attention_heads = 2;
  vision.image_size = 16, vision.patch_size = 4;
  SiglipTextConfig text;
  text.vocab_size = 50, text.hidden_size = 24, text.intermediate_size = 40, text.num_hidden_layers = 1;
  text.num_attention_heads = 2, text.max_position_embeddings = 10, text.projection_size = 16;
  DualEncoderConfig c;
  c.family = DualFamily::siglip, c.vision = vision, c.text = text, c.projection_dim = 16;
  c.logit_scale_init_value = std::log(10.0);
  return c;
}

inline DualEncoderConfig tiny_chinese_clip() {
  DualEncoderConfig c = tiny_clip();
  c.family = DualFamily::chinese_clip;
  BertConfig text = tiny_bert();
  text.has_pooler = false;
  c.text = text;
  return c;
}

inline DualEncoderConfig tiny_vit_bert() {
  VitConfig vision;
  vision.hidden_size = 16, vision.intermediate_size = 32, vision.num_hidden_layers = 1, vision.num_attention_heads = 2;
  vision.image_size = 16, vision.patch_size = 8, vision.pooler_output_size = 16, vision.has_pooler = true;
  DualEncoderConfig c;
  c.family = DualFamily::vision_text_dual, c.vision = vision, c.text = tiny_bert(), c.projection_dim = 8;
  return c;
}

inline DualEncoderConfig tiny_resnet_bert() {
  ResNetConfig vision;
  vision.embedding_size = 8, vision.hidden_sizes = {8, 16}, vision.depths = {1, 2};
  vision.batch_norm_eps = 1e-3;
  DualEncoderConfig c = tiny_vit_bert();
  c.vision = vision;
  return c;
}

inline DualEncoderConfig tiny_modified_resnet() {
  ModifiedResNetConfig vision;
  vision.layers = {1, 2, 1, 1}, vision.width = 4, vision.head_width = 32, vision.image_size = 64;
  DualEncoderConfig c = tiny_clip();
  c.layout = Layout::open_clip, c.vision = vision;
  return c;
}

inline std::vector<std::pair<std::string, DualEncoderConfig>> tiny_families() {
  DualEncoderConfig vit_open = with_layout(tiny_clip(), Layout::open_clip);
  DualEncoderConfig clip_bert = tiny_vit_bert();
  clip_bert.vision = tiny_clip_vision();
  return {{"clip", tiny_clip()},
          {"open_clip", vit_open},
          {"siglip", tiny_siglip()},
          {"chinese_clip", tiny_chinese_clip()},
          {"vit and bert", tiny_vit_bert()},
          {"clip and bert", clip_bert},
          {"resnet and bert", tiny_resnet_bert()},
          {"modified resnet", tiny_modified_resnet()}};
}

}  // namespace sensorium::test
