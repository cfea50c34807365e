#include "sensorium/torch/ops.h"

#include "sensorium/models/instantiate.h"
#include "sensorium/models/resnet/resnet_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_RESNET(torch::Tensor)

}  // namespace sensorium
