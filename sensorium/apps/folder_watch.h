#pragma once
// Waits until something in a folder, or below it, changes.

#include "sensorium/base/file.h"

namespace sensorium {

/// Uses inotify. Not thread-safe.
class FolderWatch {
 public:
  /// From here on changes count. Throws InputError for what is no folder, EnvironmentError where the system watches no
  /// more folders.
  explicit FolderWatch(const fs::path& folder);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;
  /// Returns when something has changed since the last call and then nothing for `quiet_ms` (but after 10 times that at
  /// the latest).
  void wait(int quiet_ms);

 private:
  void watch_all();
  void watch(const fs::path& folder);
  bool take_events(int timeout_ms);
  fs::path folder_;
  int fd_ = -1;
};

}  // namespace sensorium
