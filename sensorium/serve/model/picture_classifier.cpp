#include "sensorium/serve/model/picture_classifier.h"

#include "sensorium/models/image_classifier.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/serve/model/feature_model.h"

#include <memory>

namespace sensorium {

PictureClassifier load_picture_classifier(const fs::path& folder, const RuntimeOptions& runtime) {
  runtime.apply(folder);
  if (is_feature_model(folder)) return load_feature_classifier(folder, runtime);
  const auto model = std::make_shared<const ImageClassifier<rt::Tensor>>(load_image_classifier<rt::Tensor>(folder));
  if (model->config.labels.empty())
    throw InputError("sensorium classify", "{}: expected a model with labels, got one without", folder.string());
  return {model->config.labels, ImageProcessor::load(folder), [model](const Pixels& pixels) {
            return classify_pixels(*model, pixel_tensor<rt::Tensor>(pixels)).to_float();
          }};
}

}  // namespace sensorium
