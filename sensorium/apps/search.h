#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium search`: the pictures of a folder closest to words or to a picture. Returns 0, or throws.
int run_search(const std::vector<std::string>& words);

}  // namespace sensorium
