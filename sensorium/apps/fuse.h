#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium fuse`: one decision or ranking from several modalities. Returns 0, or throws.
int run_fuse(const std::vector<std::string>& words);

}  // namespace sensorium
