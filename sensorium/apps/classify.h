#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium classify`: probabilities of labels for pictures. Returns 0, or throws.
int run_classify(const std::vector<std::string>& words);

}  // namespace sensorium
