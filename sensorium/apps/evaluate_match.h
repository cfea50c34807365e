#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium evaluate match`: how well a matching model tells a picture's captions from others. Returns 0, or throws.
int run_evaluate_match(const std::vector<std::string>& words);

}  // namespace sensorium
