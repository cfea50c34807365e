#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include "sensorium/models/blip/blip_impl.h"
#include "sensorium/models/blip/blip_instantiate.h"
#include "sensorium/models/blip/blip_rank_impl.h"
#include "sensorium/models/blip/blip_weights_impl.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_BLIP(torch::Tensor)

}  // namespace sensorium
