#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/clip/modified_resnet_impl.h"
#include "sensorium/models/instantiate.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_MODIFIED_RESNET(rt::Tensor)

}  // namespace sensorium
