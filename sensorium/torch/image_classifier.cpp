#include "sensorium/torch/ops.h"

#include "sensorium/models/image_classifier_impl.h"
#include "sensorium/models/instantiate.h"

namespace sensorium {

SENSORIUM_INSTANTIATE_IMAGE_CLASSIFIER(torch::Tensor)

}  // namespace sensorium
