#include "sensorium/torch/ops.h"

#include "sensorium/models/clip/clip_impl.h"
#include "sensorium/models/instantiate.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_CLIP(torch::Tensor)

}  // namespace sensorium
