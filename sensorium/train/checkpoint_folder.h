#pragma once
// A checkpoint folder that is replaced as a whole: whoever looks, at whatever moment, finds one that is complete.

#include "sensorium/base/file.h"

#include <functional>

namespace sensorium {

/// Fills a new folder beside `folder` by `write`, syncs it to disk and exchanges the two names in one step
/// (renameat2 RENAME_EXCHANGE), then removes the old one. On file systems that cannot exchange, the old folder is first
/// renamed to NAME.old; a kill between the two renames is mended by `recover_folder`. Throws EnvironmentError, and
/// whatever `write` throws, with `folder` as it was.
void replace_folder(const fs::path& folder, const std::function<void(const fs::path&)>& write);

/// Mends what a kill during `replace_folder` left: restores NAME.old where NAME is missing, and removes NAME.new and
/// NAME.old otherwise.
void recover_folder(const fs::path& folder);

}  // namespace sensorium
