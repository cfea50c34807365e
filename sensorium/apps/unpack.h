#pragma once
// npm packages and other archives, unpacked to a folder that goes away again.

#include "sensorium/base/file.h"

namespace sensorium {

/// A folder as it is, or the files of a .tar, .tgz, .tar.gz or .zip archive unpacked to a temporary folder, which is
/// removed at destruction. Links and names that leave the folder are refused, and so are more than 8 GiB in all. Throws
/// InputError naming the archive, EnvironmentError where the temporary folder cannot be written.
class UnpackedFolder {
 public:
  explicit UnpackedFolder(const fs::path& folder_or_archive);
  ~UnpackedFolder();
  UnpackedFolder(const UnpackedFolder&) = delete;
  UnpackedFolder& operator=(const UnpackedFolder&) = delete;
  const fs::path& path() const { return path_; }
  /// The first file of that name anywhere below, in order of paths. Throws InputError when there is none.
  fs::path find(const std::string& name) const;

 private:
  void unpack(const fs::path& archive);
  fs::path source_, path_;
  bool temporary_ = false;
};

}  // namespace sensorium
