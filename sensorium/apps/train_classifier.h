#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium train classifier`: trains a classifier over any set of modalities and prints the best validation. Returns
/// 0, or throws.
int run_train_classifier(const std::vector<std::string>& words);

/// `sensorium train predict`: a trained classifier's answers for a table of items, in files that `evaluate classify`,
/// `evaluate compare`, `fuse` and `search` read. Returns 0, or throws.
int run_train_predict(const std::vector<std::string>& words);

}  // namespace sensorium
