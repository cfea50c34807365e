#pragma once
// Which model a folder holds, as one name for its content.

#include "sensorium/base/file.h"

#include <string>

namespace sensorium {

/// 32 hex digits over names and contents of the folder's weights, configurations and vocabularies. Reads all of them.
/// Throws InputError for a folder that cannot be read. Thread-safe.
std::string model_hash(const fs::path& folder);

}  // namespace sensorium
