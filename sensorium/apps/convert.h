#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium convert`: checkpoints from other formats and layouts to a new folder. Returns 0, or throws.
int run_convert(const std::vector<std::string>& words);

}  // namespace sensorium
