#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium train clip`: trains a dual encoder and prints the best validation. Returns 0, or throws.
int run_train_clip(const std::vector<std::string>& words);

}  // namespace sensorium
