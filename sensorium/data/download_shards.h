#pragma once
// Kept pictures into tar shards, in a way that may be cut off and repeated at any point.

#include "sensorium/data/download_state.h"

namespace sensorium {

/// "shard-000012.tar".
std::string shard_file_name(uint64_t shard);

/// The key of an item in its shard: nine digits or more, "000012345".
std::string shard_key(uint64_t index);

/// Writes `file`, a tar of samples in order of their keys: KEY.jpg (or another ending), KEY.json (a Record), and
/// KEY.txt (the first caption), as ShardWriter writes them. They are the pictures of the folder `stage` (KEY.SUFFIX)
/// that the state calls done, and what an earlier `file` held besides. Times and owners are 0, so the bytes depend on
/// the content alone. `stage` is removed once the shard is on the disk; cut off before, a repetition gives the same
/// shard. Throws EnvironmentError on a full disk, InputError when the earlier shard is broken. Thread-safe for
/// different shards. Memory is one picture.
void write_download_shard(const fs::path& file, const fs::path& stage, const DownloadState& state);

/// Calls `picture(index, path)` for every picture of a shard in order; the path is relative to the shard's folder, as
/// in picture_file.h.
void for_each_sharded(const fs::path& file, const std::function<void(uint64_t, const fs::path&)>& picture);

/// An item as a record; `image` is what the record says of the picture's place.
Record download_record(const DownloadItem& item, const DownloadEntry& entry, uint64_t index, const std::string& image);

}  // namespace sensorium
