#include "sensorium/train/checkpoint_folder.h"

#include "sensorium/base/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sensorium {
namespace {

fs::path beside(const fs::path& folder, const char* suffix) {
  return folder.string() + suffix;
}

[[noreturn]] void fail(const fs::path& path, const char* what, int error) {
  throw EnvironmentError("checkpoint", "{}: expected to {}, got: {}", path.string(), what, std::strerror(error));
}

/// Files are synced by AtomicFile; their names are in the folder.
void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) fail(folder, "open", errno);
  ::fsync(fd);
  ::close(fd);
}

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_directory()) sync_folder(entry.path());
  sync_folder(folder);
}

void rename_folder(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail(from, "rename", errno);
}

bool exchange(const fs::path& a, const fs::path& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS || errno == EXDEV) return false;
  fail(a, "exchange", errno);
}

}  // namespace

void replace_folder(const fs::path& folder, const std::function<void(const fs::path&)>& write) {
  const fs::path fresh = beside(folder, ".new"), old = beside(folder, ".old");
  recover_folder(folder);
  make_directories(fresh);
  try {
    write(fresh);
    sync_tree(fresh);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    throw;
  }
  if (!fs::exists(folder)) {
    rename_folder(fresh, folder);
  } else if (exchange(fresh, folder)) {
    rename_folder(fresh, old);  // so that a half-removed folder is never taken for one half-written
  } else {
    rename_folder(folder, old);
    rename_folder(fresh, folder);
  }
  sync_folder(folder.parent_path());
  fs::remove_all(old);
}

void recover_folder(const fs::path& folder) {
  const fs::path fresh = beside(folder, ".new"), old = beside(folder, ".old");
  if (!fs::exists(folder) && fs::exists(old)) rename_folder(old, folder);
  std::error_code error;
  fs::remove_all(fresh, error);
  if (!error) fs::remove_all(old, error);
  if (error) fail(folder, "remove what an interrupted run left beside it", error.value());
}

}  // namespace sensorium
