#pragma once
// Inside the room: what tells that a row of the database is as it was written.

#include "sensorium/base/hash.h"

#include <span>
#include <string_view>

namespace sensorium::index {

inline int64_t item_checksum(std::string_view id, std::string_view metadata) {
  return static_cast<int64_t>(stable_hash(metadata, stable_hash(id)));
}

inline int64_t vector_checksum(std::span<const std::byte> bytes, int64_t slot) {
  return static_cast<int64_t>(
      stable_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, static_cast<uint64_t>(slot)));
}

}  // namespace sensorium::index
