#pragma once
#include "sensorium/base/file.h"

namespace sensorium::test {

/// The folder with METEOR's tables: $SENSORIUM_METEOR, or what `./run test` fetched (.deps/meteor), which the variable
/// then names too. Throws EnvironmentError when there is none.
fs::path published_meteor_tables();

}  // namespace sensorium::test
