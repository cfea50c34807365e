#include "sensorium/base/file.h"

#include "sensorium/base/ending.h"
#include "sensorium/base/error.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

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

/// Files and folders to remove when the process is told to end.
struct Unfinished {
  std::mutex mutex;
  std::set<fs::path> paths;
};

Unfinished& unfinished() {
  static Unfinished* const all = new Unfinished;  // never destroyed: the waiting thread may need it at any time
  return *all;
}

/// A name beside `path` that no other process or file uses, and which goes away with the process.
fs::path take_temporary(const fs::path& path) {
  static std::atomic<int> serial{0};
  fs::path name = path.parent_path() / fmt::format(".{}.tmp-{}-{}", path.filename().string(), ::getpid(), serial++);
  const std::lock_guard lock(unfinished().mutex);
  unfinished().paths.insert(name);
  return name;
}

void release_temporary(const fs::path& path) {
  const std::lock_guard lock(unfinished().mutex);
  unfinished().paths.erase(path);
}

sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

/// What the first signal does instead of ending.
struct FirstAction {
  std::mutex mutex;
  std::function<void()> action;
};

FirstAction& first_action() {
  static auto* kept = new FirstAction;  // the waiting thread outlives static objects
  return *kept;
}

bool act_first() {
  FirstAction& first = first_action();
  const std::lock_guard lock(first.mutex);
  const auto action = std::exchange(first.action, nullptr);
  if (action) action();
  return action != nullptr;
}

void wait_for_the_end() {
  const sigset_t set = ending_signals();
  int signal = 0;
  do ::sigwait(&set, &signal);
  while (act_first());
  unfinished().mutex.lock();  // for good: nothing new may begin
  std::error_code ignored;
  for (int again = 0; again < 3; ++again)  // other threads may still be writing to a folder
    for (const fs::path& path : unfinished().paths) fs::remove_all(path, ignored);
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

void MappedFile::release(std::span<const std::byte> bytes) {
  constexpr uintptr_t kPage = 4096;  // the least there is; madvise takes whole pages of the system's size
  const auto page = std::max<uintptr_t>(kPage, static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)));
  const auto begin = (reinterpret_cast<uintptr_t>(bytes.data()) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(bytes.data()) + bytes.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path), temporary_(take_temporary(path)) {
  fd_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    const int error = errno;
    release_temporary(temporary_);
    throw EnvironmentError("write", "{}: expected a writable folder, got: {}", path.string(), std::strerror(error));
  }
}

AtomicFile::~AtomicFile() {
  if (done_) return;
  if (fd_ >= 0) ::close(fd_);
  ::unlink(temporary_.c_str());
  release_temporary(temporary_);
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
  if (::close(std::exchange(fd_, -1)) != 0) fail("close");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename into place");
  done_ = true;
  release_temporary(temporary_);
}

AtomicFolder::AtomicFolder(const fs::path& path)
    : path_(path.has_filename() ? path : path.parent_path()), temporary_(take_temporary(path_)) {
  try {
    if (!path_.parent_path().empty()) make_directories(path_.parent_path());
    make_directories(temporary_);
  } catch (...) {
    release_temporary(temporary_);
    throw;
  }
}

AtomicFolder::~AtomicFolder() {
  if (done_) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  release_temporary(temporary_);
}

void AtomicFolder::commit() {
  std::error_code failed;
  fs::remove_all(path_, failed);
  fs::rename(temporary_, path_, failed);
  if (failed)
    throw EnvironmentError("write", "{}: expected to make this folder, got: {}", path_.string(), failed.message());
  done_ = true;
  release_temporary(temporary_);
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

void on_first_ending_signal(std::function<void()> action) {
  FirstAction& first = first_action();
  const std::lock_guard lock(first.mutex);
  first.action = std::move(action);
}

void install_signal_cleanup() {
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);  // later threads inherit this, so that only the waiting one takes them
  std::thread(wait_for_the_end).detach();
}

}  // namespace sensorium
