#pragma once

#include <string>
#include <vector>

namespace sensorium {

/// `sensorium data download`: runs the command with the words after its name. Returns 0, or 3 when an official file or
/// an address of the command line did not arrive, or nothing of a list did; other faults are thrown as Error.
int run_data_download(const std::vector<std::string>& words);

}  // namespace sensorium
