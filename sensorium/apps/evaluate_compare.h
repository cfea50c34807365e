#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium evaluate compare`: two runs on the same items. Returns 0, or throws.
int run_evaluate_compare(const std::vector<std::string>& words);

}  // namespace sensorium
