#include "sensorium/torch/ops.h"

#include "sensorium/models/instantiate.h"
#include "sensorium/models/siglip/siglip_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_SIGLIP(torch::Tensor)

}  // namespace sensorium
