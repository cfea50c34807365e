#include "sensorium/models/bert/bert.h"

namespace sensorium {

void BertConfig::describe(ConfigFields& f) {
  f.size("vocab_size", vocab_size);
  f.size("hidden_size", hidden_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("intermediate_size", intermediate_size);
  f.size("max_position_embeddings", max_position_embeddings);
  f.size("type_vocab_size", type_vocab_size);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
  f.token_id("pad_token_id", pad_token_id);
  f.fixed("position_embedding_type", "absolute");
}

}  // namespace sensorium
