#include "sensorium/train/append_file.h"

#include "sensorium/base/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sensorium {
namespace {

[[noreturn]] void fail(const fs::path& path, const char* what) {
  throw EnvironmentError("write", "{}: expected to {}, got: {}", path.string(), what, std::strerror(errno));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CREAT | O_CLOEXEC, 0666)) {
    if (fd_ < 0) fail(path, "open");
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

void append_to_file(const fs::path& path, std::string_view bytes) {
  const Descriptor file(path, O_WRONLY | O_APPEND);
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail(path, "write");
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

void truncate_file(const fs::path& path, uint64_t size) {
  const Descriptor file(path, O_WRONLY);
  if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) fail(path, "truncate");
}

}  // namespace sensorium
