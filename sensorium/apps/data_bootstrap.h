#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium data bootstrap`: a captioner proposes captions, a filter removes those that do not match (CapFilt).
/// Returns 0, or throws.
int run_data_bootstrap(const std::vector<std::string>& words);

}  // namespace sensorium
