#include "sensorium/torch/ops.h"

#include "sensorium/models/instantiate.h"
#include "sensorium/models/vit/vit_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_VIT(torch::Tensor)

}  // namespace sensorium
