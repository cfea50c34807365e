#include "sensorium/index/folder_lock.h"

#include "sensorium/base/error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sensorium::index {

FolderLock::FolderLock(const fs::path& folder) {
  const fs::path path = folder / "lock";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0)
    throw EnvironmentError("index", "{}: expected a folder that can be written, got: {}", folder.string(),
                           std::strerror(errno));
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    if (::pread(fd_, holder, sizeof holder - 1, 0) <= 0) std::strcpy(holder, "another process");
    ::close(fd_);
    throw EnvironmentError("index", "{}: expected an index that no other process has open, got one open in {}",
                           folder.string(), holder);
  }
  const std::string own = fmt::format("process {}", ::getpid());
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, own.data(), own.size(), 0) < 0) {
    // Only the message to others would have named us.
  }
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace sensorium::index
