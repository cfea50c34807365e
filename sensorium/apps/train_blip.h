#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium-train train blip`. Returns 0, or throws.
int run_train_blip(const std::vector<std::string>& words);

}  // namespace sensorium
