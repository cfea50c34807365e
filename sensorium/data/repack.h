#pragma once
// A prepared folder's pictures into tar shards, and back into files.

#include "sensorium/base/options.h"

namespace sensorium {

/// Options of `sensorium data shard`.
struct RepackOptions {
  std::string data, out;
  std::vector<std::string> splits;
  uint64_t shard_records = 10'000, shard_bytes = uint64_t{1} << 30;
  void describe(OptionSet& o);
};

/// Writes `out`: shard-000000.tar, ... with the records' pictures, bytes unchanged, and a manifest whose records name
/// their pictures in them. Records keep everything they say; recordings stay where they are. Pictures that cannot be
/// read are left out and counted. Streams: memory is one picture. Everything appears at once at the end, instead of an
/// earlier folder `out`, which must be a prepared folder or absent. Returns the header. Throws InputError when nothing
/// is left.
OrderedJson write_shards(const RepackOptions& options);

/// The reverse: writes `out`/pictures/ID.EXT and a manifest of them. Bytes and records are those that went in.
OrderedJson unpack_shards(const RepackOptions& options);

}  // namespace sensorium
