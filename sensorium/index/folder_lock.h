#pragma once
// Inside the room: one process at a time has an index open.

#include "sensorium/base/file.h"

namespace sensorium::index {

/// Held until destruction, or until the process ends in whatever way. Throws EnvironmentError naming the process that
/// has it.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace sensorium::index
