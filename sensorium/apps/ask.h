#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium ask`: answers to a question about pictures. Returns 0, or throws.
int run_ask(const std::vector<std::string>& words);

}  // namespace sensorium
