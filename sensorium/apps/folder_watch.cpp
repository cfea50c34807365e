#include "sensorium/apps/folder_watch.h"

#include "sensorium/base/error.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace sensorium {
namespace {

constexpr uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_ATTRIB | IN_ONLYDIR;
constexpr int kLongest = 10;

}  // namespace

FolderWatch::FolderWatch(const fs::path& folder) : folder_(folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    throw InputError("watch", "{}: expected a folder, got something else", folder.string());
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) throw EnvironmentError("watch", "expected inotify to start, got: {}", std::strerror(errno));
  try {
    watch_all();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

FolderWatch::~FolderWatch() {
  ::close(fd_);
}

void FolderWatch::watch(const fs::path& folder) {
  if (::inotify_add_watch(fd_, folder.c_str(), kEvents) >= 0) return;
  if (errno == ENOSPC || errno == ENOMEM)
    throw EnvironmentError("watch", "{}: expected to watch another folder, got: {}; see fs.inotify.max_user_watches",
                           folder.string(), std::strerror(errno));
  // Else it went in between.
}

void FolderWatch::watch_all() {
  watch(folder_);
  std::error_code ignored;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder_, options, ignored), end; it != end; it.increment(ignored))
    if (it->is_directory(ignored)) watch(it->path());
}

bool FolderWatch::take_events(int timeout_ms) {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, timeout_ms) <= 0) return false;
  alignas(inotify_event) char buffer[16384];
  while (::read(fd_, buffer, sizeof buffer) > 0) {
  }
  return true;
}

void FolderWatch::wait(int quiet_ms) {
  while (!take_events(-1)) {
  }
  using Clock = std::chrono::steady_clock;
  const auto latest = Clock::now() + std::chrono::milliseconds(quiet_ms) * kLongest;
  while (Clock::now() < latest && take_events(quiet_ms)) {
  }
  watch_all();  // new folders
}

}  // namespace sensorium
