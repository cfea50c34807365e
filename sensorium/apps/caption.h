#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium caption`: captions for pictures. Returns 0, or throws.
int run_caption(const std::vector<std::string>& words);

}  // namespace sensorium
