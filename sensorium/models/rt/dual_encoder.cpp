#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/dual_encoder_impl.h"
#include "sensorium/models/instantiate.h"
#include "sensorium/models/lora_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_DUAL_ENCODER(rt::Tensor)
SENSORIUM_INSTANTIATE_LORA(DualEncoder, rt::Tensor)

}  // namespace sensorium
