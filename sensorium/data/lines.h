#pragma once
// Big files of lines, and of bytes, read front to back in bounded memory.

#include "sensorium/base/file.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace sensorium {

/// Bytes of a file in blocks, without mapping it: what was read does not stay in memory. Not thread-safe.
class BlockReader {
 public:
  /// Throws InputError when the file cannot be opened.
  explicit BlockReader(const fs::path& file, size_t block = size_t{256} << 10);
  /// The next bytes, valid until the next call; empty at the end. Throws InputError when reading fails.
  std::string_view next();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string buffer_;
};

/// Lines of a file, without their LF or CR LF; a byte order mark is skipped. A line of more than `limit` bytes is given
/// as its beginning, with `too_long` true. Memory: one block and the longest line within the limit. Not thread-safe.
class LineReader {
 public:
  explicit LineReader(const fs::path& file, size_t limit = size_t{16} << 20) : blocks_(file), limit_(limit) {}
  /// The next line, valid until the next call; false at the end.
  bool next(std::string_view& line);
  /// Of the line last given, from 1.
  uint64_t number() const { return number_; }
  bool too_long() const { return too_long_; }

 private:
  BlockReader blocks_;
  size_t limit_;
  std::string_view rest_;  // of the current block
  std::string carry_;      // a line that began in an earlier block
  uint64_t number_ = 0;
  bool too_long_ = false;
};

}  // namespace sensorium
