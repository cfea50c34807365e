#include "sensorium/data/shard_writer.h"

#include "sensorium/data/picture_file.h"

namespace sensorium {

ShardWriter::ShardWriter(fs::path folder, const ShardLimits& limits, uint64_t first, uint64_t first_key)
    : folder_(std::move(folder)), limits_(limits), next_(first), key_(first_key) {
  if (limits.records == 0 || limits.bytes == 0)
    throw UsageError("shard", "expected limits of at least 1 record and 1 byte, got {} and {}", limits.records,
                     limits.bytes);
}

fs::path ShardWriter::add(Record record, std::string_view picture) {
  if (tar_ && (in_shard_ >= limits_.records || tar_->size() + picture.size() > limits_.bytes)) finish();
  if (!tar_) {
    name_ = fmt::format("shard-{:06}.tar", next_++);
    tar_ = std::make_unique<TarWriter>(folder_ / name_);
    ++shards_;
  }
  const std::string key = fmt::format("{:09}", key_++);
  const std::string member = key + "." + picture_extension(picture);
  const uint64_t offset = tar_->add(member, picture);
  record.image = member;
  std::string json;
  append_json(json, record);
  tar_->add(key + ".json", json + "\n");
  if (!record.captions.empty()) tar_->add(key + ".txt", record.captions.front().text);
  ++in_shard_;
  return shard_picture(name_, offset, picture.size());
}

void ShardWriter::finish() {
  if (tar_) tar_->commit();
  tar_.reset();
  in_shard_ = 0;
}

std::string picture_extension(std::string_view bytes) {
  if (bytes.starts_with("\xff\xd8\xff")) return "jpg";
  if (bytes.starts_with("\x89PNG")) return "png";
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "webp";
  if (bytes.starts_with("GIF8")) return "gif";
  if (bytes.starts_with("BM")) return "bmp";
  if (bytes.starts_with(std::string_view("II*\0", 4)) || bytes.starts_with(std::string_view("MM\0*", 4))) return "tif";
  return "bin";
}

}  // namespace sensorium
