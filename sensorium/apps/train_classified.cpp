#include "sensorium/apps/train_classified.h"

#include <torch/torch.h>

namespace sensorium {

Classified classified_items(const TrainedClassifier& model, const ClassifierItems& items,
                            const ClassifierModel::Result& result) {
  Classified out;
  out.classes = model.config().classes;
  out.ids = items.ids;
  for (const int64_t i : items.rows) out.truth.push_back(items.data.labels[static_cast<size_t>(i)]);
  const torch::Tensor probabilities = probabilities_of(result).contiguous();
  const double* p = probabilities.const_data_ptr<double>();
  out.probabilities.assign(p, p + probabilities.numel());
  return out;
}

}  // namespace sensorium
