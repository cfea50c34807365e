#include "sensorium/data/lines.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sensorium {

BlockReader::BlockReader(const fs::path& file, size_t block)
    : path_(file), file_(std::fopen(file.c_str(), "rbe")), buffer_(block, '\0') {
  if (!file_) throw InputError("read", "{}: expected a readable file, got: {}", file.string(), std::strerror(errno));
  std::setvbuf(file_.get(), nullptr, _IONBF, 0);  // the block is the buffer
}

std::string_view BlockReader::next() {
  const size_t n = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (n == 0 && std::ferror(file_.get()))
    throw InputError("read", "{}: expected to read on, got: {}", path_.string(), std::strerror(errno));
  return {buffer_.data(), n};
}

bool LineReader::next(std::string_view& line) {
  carry_.clear();
  too_long_ = false;
  bool any = false;
  for (;;) {
    if (rest_.empty()) {
      rest_ = blocks_.next();
      if (number_ == 0 && !any && rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
      if (rest_.empty() && !any) return false;
    }
    any = true;
    const size_t end = rest_.find('\n');
    const bool ends = end != std::string_view::npos || rest_.empty();
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(std::min(piece.size() + 1, rest_.size()));
    if (carry_.size() + piece.size() > limit_) too_long_ = true;
    if (ends && carry_.empty()) {
      line = piece.substr(0, limit_);
    } else {
      carry_ += piece.substr(0, limit_ - std::min(limit_, carry_.size()));
      line = carry_;
    }
    if (!ends) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number_;
    return true;
  }
}

}  // namespace sensorium
