#pragma once
// Pictures of the index's items on disk: those that requests brought, and those in folders that may be shown.

#include "sensorium/base/file.h"
#include "sensorium/base/json.h"

#include <optional>
#include <string>
#include <vector>

namespace sensorium {

/// The media type of a picture's bytes, by their beginning; empty for what is none that a browser shows.
std::string picture_type(std::string_view bytes);

/// Writes a picture into `store` under a name made of its content, and returns that name. The same picture twice is
/// kept once. Throws ApiError 400 for bytes that are no picture, EnvironmentError when the disk is full.
std::string store_picture(const fs::path& store, std::string_view bytes);

/// The file of an item with this metadata: "stored_picture" below `store`, else "path" where it lies, links followed,
/// inside one of `roots`. Nothing where there is none, or where it would lead elsewhere.
std::optional<fs::path> find_picture(const Json& metadata, const fs::path& store,
                                     const std::vector<std::string>& roots);

}  // namespace sensorium
