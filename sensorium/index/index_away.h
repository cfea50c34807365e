#pragma once

#include "sensorium/base/error.h"

namespace sensorium {

/// The server that holds an index does not answer: later it may.
struct IndexAway : EnvironmentError {
  using EnvironmentError::EnvironmentError;
};

}  // namespace sensorium
