#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium match`: how well texts fit pictures. Returns 0, or throws.
int run_match(const std::vector<std::string>& words);

}  // namespace sensorium
