#include "sensorium/models/resnet/resnet.h"

namespace sensorium {

void ResNetConfig::describe(ConfigFields& f) {
  f.size("num_channels", num_channels);
  f.size("embedding_size", embedding_size);
  f.sizes("hidden_sizes", hidden_sizes);
  f.depths("depths", depths);
  f.field("layer_type", layer_type);
  f.field("hidden_act", hidden_act);
  f.field("downsample_in_first_stage", downsample_in_first_stage);
  f.field("downsample_in_bottleneck", downsample_in_bottleneck);
  if (f.reading() || batch_norm_eps != ResNetConfig{}.batch_norm_eps) f.field("batch_norm_eps", batch_norm_eps);
  if (f.reading() && hidden_sizes.empty())
    throw InputError("config", "{}: expected at least one stage in hidden_sizes, got none", f.source());
  if (f.reading() && hidden_sizes.size() != depths.size())
    throw InputError("config", "{}: expected as many depths as hidden_sizes, got {} and {}", f.source(), depths.size(),
                     hidden_sizes.size());
  if (layer_type != "basic" && layer_type != "bottleneck")
    throw InputError("config", "{}: expected layer_type basic or bottleneck, got \"{}\"", f.source(), layer_type);
}

}  // namespace sensorium
