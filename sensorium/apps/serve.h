#pragma once
// `sensorium serve`.

#include <string>
#include <vector>

namespace sensorium {

/// Serves until it is told to end. See command.h for what is thrown.
int run_serve(const std::vector<std::string>& words);

}  // namespace sensorium
