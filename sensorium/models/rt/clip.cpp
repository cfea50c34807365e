#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/clip/clip_impl.h"
#include "sensorium/models/instantiate.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_CLIP(rt::Tensor)

}  // namespace sensorium
