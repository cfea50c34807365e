#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/tensor/decode.h"

#include "sensorium/models/blip/blip_impl.h"
#include "sensorium/models/blip/blip_instantiate.h"
#include "sensorium/models/blip/blip_rank_impl.h"
#include "sensorium/models/blip/blip_weights_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_BLIP(rt::Tensor)

}  // namespace sensorium
