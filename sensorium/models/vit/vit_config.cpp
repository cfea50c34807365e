#include "sensorium/models/vit/vit.h"

namespace sensorium {

void VitConfig::describe(ConfigFields& f) {
  f.size("hidden_size", hidden_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("intermediate_size", intermediate_size);
  f.size("num_channels", num_channels);
  f.size("image_size", image_size);
  f.size("patch_size", patch_size);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
  f.field("qkv_bias", qkv_bias);
  if (f.reading() || pooler_output_size == 0) pooler_output_size = hidden_size;
  f.size("pooler_output_size", pooler_output_size);
  f.field("pooler_act", pooler_act);
}

}  // namespace sensorium
