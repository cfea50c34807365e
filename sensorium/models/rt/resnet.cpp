#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/instantiate.h"
#include "sensorium/models/resnet/resnet_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_RESNET(rt::Tensor)

}  // namespace sensorium
