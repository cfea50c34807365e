#pragma once
// Thousands of small files that a manifest names.

#include "sensorium/base/file.h"

namespace sensorium {

/// Writes a file and makes its folders, without a sync for each: the manifest that names such files is written, and
/// synced, after them. Throws EnvironmentError.
void write_plain(const fs::path& path, std::string_view bytes);

}  // namespace sensorium
