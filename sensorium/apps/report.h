#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium report`: figures, searches and classifications of a model on unseen pictures, printed and as one HTML
/// file. Returns 0, or throws.
int run_report(const std::vector<std::string>& words);

}  // namespace sensorium
