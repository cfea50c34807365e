#include "sensorium/data/picture_file.h"

#include "sensorium/base/checked.h"

#include <charconv>

namespace sensorium {
namespace {

bool parse_number(std::string_view text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

fs::path shard_picture(const fs::path& shard, uint64_t offset, uint64_t size) {
  return fmt::format("{}@{}+{}", shard.string(), offset, size);
}

std::optional<ShardRange> shard_range(const fs::path& path) {
  const std::string& text = path.native();
  const size_t at = text.rfind(".tar@");
  if (at == std::string::npos) return std::nullopt;
  const std::string_view numbers = std::string_view(text).substr(at + 5);
  const size_t plus = numbers.find('+');
  ShardRange range{text.substr(0, at + 4), 0, 0};
  if (plus == std::string_view::npos || !parse_number(numbers.substr(0, plus), range.offset) ||
      !parse_number(numbers.substr(plus + 1), range.size))
    return std::nullopt;
  return range;
}

PictureFile::PictureFile(const fs::path& path) {
  const auto range = shard_range(path);
  map_ = MappedFile(range ? range->shard : path);
  bytes_ = map_.bytes();
  if (!range) return;
  const uint64_t end = checked_add(range->offset, range->size, "read");
  if (end > bytes_.size())
    throw InputError("read", "{}: expected a shard of at least {} bytes, got {}", path.string(), end, bytes_.size());
  bytes_ = bytes_.subspan(range->offset, range->size);
}

bool picture_exists(const fs::path& path) {
  std::error_code error;
  const auto range = shard_range(path);
  return fs::exists(range ? range->shard : path, error);
}

Image read_picture_alpha(const fs::path& path, const DecodeOptions& options) {
  const PictureFile file(path);
  return decode_image_alpha(file.bytes(), path.string(), options);
}

}  // namespace sensorium
