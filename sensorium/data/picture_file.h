#pragma once
// Where the bytes of a record's picture lie: a file of its own, or a part of an uncompressed tar shard.

#include "sensorium/io/image.h"

#include <optional>

namespace sensorium {

/// "shard-000000.tar@1536+20480": 20480 bytes from byte 1536 of the shard on.
struct ShardRange {
  fs::path shard;
  uint64_t offset = 0, size = 0;
};

/// The path of a part of a shard, as records have it.
fs::path shard_picture(const fs::path& shard, uint64_t offset, uint64_t size);

/// The reverse; nothing for a path that is none (not of the form FILE.tar@N+N).
std::optional<ShardRange> shard_range(const fs::path& path);

/// The bytes of a picture, mapped. Throws InputError naming the path when it cannot be read or the part reaches beyond
/// its shard. Thread-safe to read.
class PictureFile {
 public:
  explicit PictureFile(const fs::path& path);
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  MappedFile map_;
  std::span<const std::byte> bytes_;
};

/// Whether there is such a file, or such a shard.
bool picture_exists(const fs::path& path);

/// decode_image_alpha of its bytes.
Image read_picture_alpha(const fs::path& path, const DecodeOptions& options = {});

}  // namespace sensorium
