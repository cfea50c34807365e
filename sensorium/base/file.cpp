#include "sensorium/base/file.h"

#include "sensorium/base/error.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace sensorium {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw InputError("read", "{}: expected a readable file, got: {}", path.string(), std::strerror(errno));
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  /// Size of the regular file behind the descriptor.
  uint64_t size(const fs::path& path) const {
    struct stat s {};
    if (::fstat(fd_, &s) != 0 || !S_ISREG(s.st_mode))
      throw InputError("read", "{}: expected a regular file, got something else", path.string());
    return static_cast<uint64_t>(s.st_size);
  }

 private:
  int fd_;
};

// Names of unfinished files, readable from a signal handler.
constexpr int kSlots = 64;
constexpr size_t kPathMax = 4096;
char slot_paths[kSlots][kPathMax];
std::atomic<int> slot_state[kSlots];  // 0 free, 1 being filled, 2 holds a path

int take_slot(const std::string& path) {
  if (path.size() + 1 > kPathMax) return -1;
  for (int i = 0; i < kSlots; ++i) {
    int free = 0;
    if (!slot_state[i].compare_exchange_strong(free, 1)) continue;
    std::memcpy(slot_paths[i], path.c_str(), path.size() + 1);
    slot_state[i] = 2;
    return i;
  }
  return -1;
}

void release_slot(int slot) {
  if (slot >= 0) slot_state[slot] = 0;
}

extern "C" void clean_up_and_exit(int signal) {
  for (int i = 0; i < kSlots; ++i)
    if (slot_state[i] == 2) ::unlink(slot_paths[i]);
  ::_exit(128 + signal);
}

}  // namespace

std::string read_file(const fs::path& path, uint64_t limit) {
  Descriptor file(path);
  const uint64_t size = file.size(path);
  if (size > limit) throw InputError("read", "{}: expected at most {} bytes, got {}", path.string(), limit, size);
  std::string content(size, '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::read(file.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw InputError("read", "{}: expected {} bytes, got: {}", path.string(), size, std::strerror(errno));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  content.resize(done);
  return content;
}

MappedFile::MappedFile(const fs::path& path) : path_(path) {
  Descriptor file(path);
  size_ = file.size(path);
  if (size_ == 0) return;
  void* p = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (p == MAP_FAILED)
    throw InputError("read", "{}: expected {} mappable bytes, got: {}", path.string(), size_, std::strerror(errno));
  const size_t size = size_;
  data_ = std::shared_ptr<const std::byte>(static_cast<const std::byte*>(p),
                                           [size](const std::byte* b) { ::munmap(const_cast<std::byte*>(b), size); });
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path) {
  static std::atomic<int> serial{0};
  temporary_ = path.parent_path() / fmt::format(".{}.tmp-{}-{}", path.filename().string(), ::getpid(), serial++);
  slot_ = take_slot(temporary_.string());
  fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    release_slot(slot_);
    throw EnvironmentError("write", "{}: expected a writable folder, got: {}", path.string(), std::strerror(errno));
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
  release_slot(slot_);
}

void AtomicFile::fail(const char* what) {
  throw EnvironmentError("write", "{}: expected to {}, got: {}", path_.string(), what, std::strerror(errno));
}

void AtomicFile::write(const void* data, size_t size) {
  write_at(size_, data, size);
  size_ += size;
}

void AtomicFile::write_at(uint64_t offset, const void* data, size_t size) {
  const char* p = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::pwrite(fd_, p, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("write");
    p += n;
    offset += static_cast<uint64_t>(n);
    size -= static_cast<size_t>(n);
  }
}

void AtomicFile::commit() {
  if (::fsync(fd_) != 0) fail("reach the disk");
  if (::close(fd_) != 0) {
    fd_ = -1;
    ::unlink(temporary_.c_str());
    release_slot(slot_);
    fail("close");
  }
  fd_ = -1;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    release_slot(slot_);
    errno = error;
    fail("rename into place");
  }
  release_slot(slot_);
}

void write_file(const fs::path& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path))
    throw EnvironmentError("write", "{}: expected to create this folder, got: {}", path.string(),
                           error ? error.message() : "a file of that name");
}

void install_signal_cleanup() {
  struct sigaction action {};
  action.sa_handler = clean_up_and_exit;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace sensorium
