#pragma once
// Logs that grow by whole pieces and are cut back when a run resumes.

#include "sensorium/base/file.h"

namespace sensorium {

/// Appends in one write and creates the file where there is none. Throws EnvironmentError.
void append_to_file(const fs::path& path, std::string_view bytes);

/// Cuts the file to its first `size` bytes, or creates an empty one. Throws EnvironmentError.
void truncate_file(const fs::path& path, uint64_t size);

}  // namespace sensorium
