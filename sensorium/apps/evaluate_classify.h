#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium evaluate classify`: figures of a zero-shot classification, of a classifier, or of saved predictions.
/// Returns 0, or throws.
int run_evaluate_classify(const std::vector<std::string>& words);

}  // namespace sensorium
