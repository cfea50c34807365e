#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium data stats`: runs the command with the words after its name and returns the exit code 0; faults are
/// thrown as Error.
int run_data_stats(const std::vector<std::string>& words);

}  // namespace sensorium
