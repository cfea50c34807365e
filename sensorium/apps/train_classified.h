#pragma once
// A trained classifier's answers to labelled items, as what is evaluated.

#include "sensorium/apps/classification_result.h"
#include "sensorium/train/trained_classifier.h"

namespace sensorium {

/// Truth, names and probabilities of the items, which have labels.
Classified classified_items(const TrainedClassifier& model, const ClassifierItems& items,
                            const ClassifierModel::Result& result);

}  // namespace sensorium
