#pragma once
// Records with their pictures into web-dataset tar shards.

#include "sensorium/data/record.h"
#include "sensorium/data/tar.h"

#include <memory>

namespace sensorium {

/// When a shard is full: at the first of both.
struct ShardLimits {
  uint64_t records = 10'000;
  uint64_t bytes = uint64_t{1} << 30;
};

/// Writes FOLDER/shard-000000.tar, shard-000001.tar, ... Each record is KEY.EXT (its picture's bytes), KEY.json (the
/// record) and, if it has captions, KEY.txt (the first), under a key that counts: "000000042". A shard appears under
/// its name when it is complete. Not thread-safe.
class ShardWriter {
 public:
  /// The folder must exist. Shards are numbered from `first` on, keys from `first_key`. Throws UsageError for limits
  /// of 0.
  ShardWriter(fs::path folder, const ShardLimits& limits, uint64_t first = 0, uint64_t first_key = 0);
  /// Adds a record and returns the path of its picture in the shard, relative to the folder (see picture_file.h), which
  /// the record in the shard does not have: there `image` is the name of the member. The extension is told from the
  /// bytes (jpg, png, webp, gif, bmp, tif, else bin). Throws EnvironmentError on a full disk.
  fs::path add(Record record, std::string_view picture);
  /// Completes the shard that is being written, so that what was added is safe; later records start a new one.
  void finish();
  /// Shards completed or begun.
  uint64_t shards() const { return shards_; }

 private:
  fs::path folder_;
  ShardLimits limits_;
  uint64_t next_, shards_ = 0, key_, in_shard_ = 0;
  fs::path name_;  // of the shard being written
  std::unique_ptr<TarWriter> tar_;
};

/// "jpg", "png", "webp", "gif", "bmp", "tif" by the first bytes, or "bin".
std::string picture_extension(std::string_view bytes);

}  // namespace sensorium
