#pragma once
// What tests share: where goldens lie, scratch folders, and the message of an expected error.

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"

#include <functional>
#include <string>

namespace sensorium::test {

/// tests/goldens in the source tree, or $SENSORIUM_GOLDENS.
fs::path goldens();

/// A fresh empty folder, removed at destruction.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// The message of the sensorium::Error that `action` throws, with `folder` (if given) replaced by "DIR"; "" when it
/// throws nothing.
std::string error_of(const std::function<void()>& action, const fs::path& folder = {});

}  // namespace sensorium::test
