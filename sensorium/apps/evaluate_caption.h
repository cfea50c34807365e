#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium evaluate caption`: captions against references. Returns 0, or throws.
int run_evaluate_caption(const std::vector<std::string>& words);

}  // namespace sensorium
