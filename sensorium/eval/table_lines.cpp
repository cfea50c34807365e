#include "sensorium/eval/table_lines.h"

#include <zlib.h>

#include <cstring>

namespace sensorium {

struct TableLines::File {
  gzFile handle = nullptr;
  ~File() {
    if (handle != nullptr) gzclose(handle);
  }
};

TableLines::TableLines(const fs::path& path)
    : path_(path), file_(std::make_unique<File>()), buffer_(2 * kLongest, '\0') {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) throw InputError("meteor", "expected a file {}, got none", path.string());
  file_->handle = gzopen(path.c_str(), "rb");
  if (file_->handle == nullptr)
    throw InputError("meteor", "expected a file {} to open, got {}", path.string(), std::strerror(errno));
  gzbuffer(file_->handle, 1 << 18);
}

TableLines::TableLines(TableLines&&) noexcept = default;
TableLines::~TableLines() = default;

bool TableLines::fill() {
  if (ended_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const int got = gzread(file_->handle, buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
  int state = Z_OK;
  const char* message = gzerror(file_->handle, &state);
  if (got < 0 || state != Z_OK)
    throw InputError("meteor", "{}: expected whole compressed data, got after line {}: {}", path_.string(), number_,
                     state == Z_BUF_ERROR ? "the file's end" : message);
  end_ += static_cast<size_t>(got);
  ended_ = got == 0;
  return !ended_;
}

bool TableLines::next(std::string_view& line) {
  size_t seen = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const auto* feed = static_cast<const char*>(std::memchr(from + seen, '\n', end_ - begin_ - seen));
    seen = feed != nullptr ? static_cast<size_t>(feed - from) : end_ - begin_;
    if (seen > kLongest) {
      ++number_;
      throw fault(fmt::format("a line of at most {} bytes", kLongest), "more");
    }
    if (feed != nullptr || !fill()) {
      if (feed == nullptr && seen == 0) return false;
      line = {buffer_.data() + begin_, seen};
      begin_ += seen + (feed != nullptr ? 1 : 0);
      ++number_;
      return true;
    }
  }
}

std::string_view TableLines::require(const char* expected) {
  std::string_view line;
  if (next(line)) return line;
  ++number_;
  throw fault(expected, "the file's end");
}

InputError TableLines::fault(std::string_view expected, std::string_view got) const {
  constexpr size_t kShown = 80;
  return InputError("meteor", "{}:{}: expected {}, got {}{}", path_.string(), number_, expected, got.substr(0, kShown),
                    got.size() > kShown ? "..." : "");
}

std::string_view TableLines::word(std::string_view& rest, const char* expected) const {
  const size_t space = rest.find(' ');
  const std::string_view word = rest.substr(0, space);
  if (word.empty()) throw fault(expected, "an empty word");
  rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
  if (space != std::string_view::npos && rest.empty()) throw fault(expected, "a space at the end");
  return word;
}

}  // namespace sensorium
