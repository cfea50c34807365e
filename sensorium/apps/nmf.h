#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium nmf`: nonnegative factors of one or more modalities. Returns 0, or throws.
int run_nmf(const std::vector<std::string>& words);

}  // namespace sensorium
