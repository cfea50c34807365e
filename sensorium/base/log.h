#pragma once
// Messages for people, on standard error, through spdlog. Results go to standard output and never through here.

#include <spdlog/spdlog.h>

namespace sensorium {

/// Sets the format ("12:34:56 info  ..."), standard error as target, and the level from SENSORIUM_LOG
/// (trace, debug, info, warn, error, off; default info). Called once, by main.
void install_logging();

}  // namespace sensorium
