#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium mi`: mutual information of two variables. Returns 0, or throws.
int run_mi(const std::vector<std::string>& words);

}  // namespace sensorium
