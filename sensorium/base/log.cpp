#include "sensorium/base/log.h"

#include <spdlog/cfg/helpers.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <cstdlib>

namespace sensorium {

void install_logging() {
  auto logger = spdlog::stderr_color_mt("sensorium");
  logger->set_pattern("%H:%M:%S %^%-5l%$ %v");
  spdlog::set_default_logger(logger);
  if (const char* level = std::getenv("SENSORIUM_LOG")) spdlog::set_level(spdlog::level::from_str(level));
}

}  // namespace sensorium
