#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium evaluate robustness`: retrieval with noise, blur, and pictures or captions missing. Returns 0, or throws.
int run_evaluate_robustness(const std::vector<std::string>& words);

}  // namespace sensorium
