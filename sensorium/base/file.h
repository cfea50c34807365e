#pragma once
// Files: whole-file reads with a size limit, memory maps, and writes that appear complete or not at all.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sensorium {

namespace fs = std::filesystem;

/// The whole file as bytes. Throws InputError when it cannot be read, is not a regular file, or is larger than
/// `limit` bytes (default 4 GiB).
std::string read_file(const fs::path& path, uint64_t limit = uint64_t{4} << 30);

/// A read-only memory map of a file. Movable; thread-safe to read. An empty file maps to an empty span.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws InputError when the file cannot be opened or mapped.
  explicit MappedFile(const fs::path& path);
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  const fs::path& path() const { return path_; }
  /// Lets the system drop these bytes of a map from memory; they are read again when touched.
  static void release(std::span<const std::byte> bytes);

 private:
  std::shared_ptr<const std::byte> data_;
  size_t size_ = 0;
  fs::path path_;
};

/// Writes a file under a temporary name in the same folder; `commit()` syncs it to disk and renames it into place.
/// Without a commit, at destruction or on SIGINT/SIGTERM (see `install_signal_cleanup`), the temporary file is removed
/// and any earlier file of that name stays as it was. Throws EnvironmentError on a full disk or a missing permission.
/// Not thread-safe.
class AtomicFile {
 public:
  explicit AtomicFile(const fs::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  void write(const void* data, size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  /// Overwrites bytes already written, at `offset` from the start.
  void write_at(uint64_t offset, const void* data, size_t size);
  uint64_t size() const { return size_; }
  void commit();

 private:
  [[noreturn]] void fail(const char* what);
  fs::path path_, temporary_;
  int fd_ = -1;
  bool done_ = false;
  uint64_t size_ = 0;
};

/// A new folder under a temporary name beside `path`; `commit()` renames it into place, instead of any earlier folder
/// of that name. Parents are created. Without a commit it is removed, as with AtomicFile. Throws EnvironmentError when
/// the folder cannot be made. Not thread-safe.
class AtomicFolder {
 public:
  explicit AtomicFolder(const fs::path& path);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  /// Where to write until then.
  const fs::path& path() const { return temporary_; }
  void commit();

 private:
  fs::path path_, temporary_;
  bool done_ = false;
};

/// Writes `content` to `path` atomically (see AtomicFile). Creates no folders.
void write_file(const fs::path& path, std::string_view content);

/// Creates a folder and its parents. Throws EnvironmentError when that fails.
void make_directories(const fs::path& path);

/// From here on SIGINT and SIGTERM remove unfinished files and folders, and end the process with code 130 or 143.
/// Called once, by main, before any other thread is started.
void install_signal_cleanup();

}  // namespace sensorium
