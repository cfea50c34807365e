#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium cca`: canonical correlations of two or more views. Returns 0, or throws.
int run_cca(const std::vector<std::string>& words);

}  // namespace sensorium
