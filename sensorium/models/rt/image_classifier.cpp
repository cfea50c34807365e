#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/image_classifier_impl.h"
#include "sensorium/models/instantiate.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_IMAGE_CLASSIFIER(rt::Tensor)

}  // namespace sensorium
