#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/bert/bert_impl.h"
#include "sensorium/models/bert/sentence_encoder_impl.h"
#include "sensorium/models/instantiate.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_BERT(rt::Tensor)

}  // namespace sensorium
