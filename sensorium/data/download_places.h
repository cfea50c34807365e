#pragma once
// Where a download puts things.

#include "sensorium/data/download_shards.h"

namespace sensorium {

/// Paths below the output folder. `shard_size` 0: pictures become files; else shards of so many items of the list.
struct DownloadPlaces {
  fs::path out;
  uint64_t shard_size = 0;

  fs::path state() const { return out / ".download"; }
  fs::path parts() const { return state() / "parts"; }
  fs::path part(uint64_t index) const { return parts() / (shard_key(index) + ".part"); }
  fs::path file(const std::string& name) const { return out / name; }
  /// Where a picture goes once it is good, without its ending: its place, or the stage of its shard.
  fs::path stem(uint64_t index) const {
    return shard_size ? stage(index / shard_size) / shard_key(index) : out / picture(index);
  }
  /// The same relative to `out`, for pictures that become files.
  fs::path picture(uint64_t index) const {
    return fs::path("pictures") / fmt::format("{:05}", index / 10'000) / shard_key(index);
  }
  fs::path stage(uint64_t shard) const { return state() / "stage" / fmt::format("{:06}", shard); }
  fs::path shard(uint64_t shard) const { return out / shard_file_name(shard); }
};

}  // namespace sensorium
