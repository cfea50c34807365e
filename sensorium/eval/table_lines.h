#pragma once
// Lines of a text file, compressed by gzip or plain, one at a time with their number.

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"

#include <memory>
#include <string>
#include <string_view>

namespace sensorium {

/// Reads from the start to the end in a memory of one line and a buffer. Lines end with a line feed, the last perhaps
/// with the file. Movable; not thread-safe.
class TableLines {
 public:
  /// Most bytes in a line.
  static constexpr size_t kLongest = 1 << 16;

  /// Throws InputError when the file cannot be opened.
  explicit TableLines(const fs::path& path);
  TableLines(TableLines&&) noexcept;
  ~TableLines();

  /// The next line, until the call after, or false at the end. Throws InputError for a line that is too long and for
  /// a file that ends within compressed data or is damaged.
  bool next(std::string_view& line);
  /// The next line; throws `fault` when there is none. `expected` names it.
  std::string_view require(const char* expected);

  /// An error about the line read last: "FILE:LINE: expected ..., got "..."".
  InputError fault(std::string_view expected, std::string_view got) const;
  /// The next word of `rest`, taken from it: what stands before the next space. Empty words are faults of the line.
  std::string_view word(std::string_view& rest, const char* expected) const;

 private:
  struct File;
  bool fill();

  fs::path path_;
  std::unique_ptr<File> file_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
  uint64_t number_ = 0;
};

}  // namespace sensorium
