#include "sensorium/models/checks.h"
#include "sensorium/models/clip/clip_text.h"
#include "sensorium/models/clip/clip_vision.h"
#include "sensorium/models/clip/modified_resnet.h"

#include <algorithm>

namespace sensorium {

void ClipVisionConfig::describe(ConfigFields& f) {
  f.size("hidden_size", hidden_size);
  f.size("intermediate_size", intermediate_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("num_channels", num_channels);
  f.size("image_size", image_size);
  f.size("patch_size", patch_size);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
}

void ClipTextConfig::describe(ConfigFields& f) {
  f.size("vocab_size", vocab_size);
  f.size("hidden_size", hidden_size);
  f.size("intermediate_size", intermediate_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("max_position_embeddings", max_position_embeddings);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
  f.token_id("pad_token_id", pad_token_id);
  f.token_id("bos_token_id", bos_token_id);
  f.token_id("eos_token_id", eos_token_id);
}

void ModifiedResNetConfig::describe(ConfigFields& f) {
  f.size("image_size", image_size);
  f.depths("layers", layers);
  f.size("width", width);
  f.size("head_width", head_width);
}

std::vector<int64_t> end_of_text(const ClipTextConfig& config, const TokenBatch& tokens) {
  std::vector<int64_t> at;
  for (int64_t b = 0; b < tokens.batch; ++b) {
    const auto row = tokens.input_ids.begin() + b * tokens.length, end = row + tokens.length;
    const auto found =
        config.pools_at_largest_id() ? std::max_element(row, end) : std::find(row, end, config.eos_token_id);
    at.push_back(found == end ? 0 : found - row);
  }
  return at;
}

}  // namespace sensorium
