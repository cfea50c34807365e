#include "sensorium/models/siglip/siglip.h"

namespace sensorium {

void SiglipVisionConfig::describe(ConfigFields& f) {
  f.size("hidden_size", hidden_size);
  f.size("intermediate_size", intermediate_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("num_channels", num_channels);
  f.size("image_size", image_size);
  f.size("patch_size", patch_size);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
  f.fixed("vision_use_head", true);
}

void SiglipTextConfig::describe(ConfigFields& f) {
  f.size("vocab_size", vocab_size);
  f.size("hidden_size", hidden_size);
  f.size("intermediate_size", intermediate_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("max_position_embeddings", max_position_embeddings);
  if (f.reading()) projection_size = hidden_size;
  f.size("projection_size", projection_size);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
  f.token_id("pad_token_id", pad_token_id);
  f.token_id("bos_token_id", bos_token_id);
  f.token_id("eos_token_id", eos_token_id);
}

}  // namespace sensorium
