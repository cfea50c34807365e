#pragma once
// Training of a classifier over any set of modalities.

#include "sensorium/train/classifier_options.h"

namespace sensorium {

/// Trains as the options say and writes to `options.out` what `run_training` writes; best/ has the highest validation
/// accuracy. Each validation also tells the accuracy with each modality hidden. Throws UsageError for contradictory
/// options, InputError for bad data.
TrainSummary train_classifier(ClassifierTrainOptions options);

}  // namespace sensorium
