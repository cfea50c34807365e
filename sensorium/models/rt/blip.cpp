#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/tensor/decode.h"

#include "sensorium/models/blip/blip_impl.h"
#include "sensorium/models/blip/blip_instantiate.h"
#include "sensorium/models/blip/blip_rank_impl.h"
#include "sensorium/models/blip/blip_weights_impl.h"
#include "sensorium/models/instantiate.h"
#include "sensorium/models/lora_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_BLIP(rt::Tensor)
SENSORIUM_INSTANTIATE_LORA(Blip, rt::Tensor)

}  // namespace sensorium
