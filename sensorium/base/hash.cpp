#include "sensorium/base/hash.h"

#include "sensorium/base/error.h"

#include <xxhash.h>

namespace sensorium {

std::string content_hash(std::string_view bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", h.high64, h.low64);
}

std::string content_hash_of_file(const fs::path& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  return content_hash({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

uint64_t stable_hash(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace sensorium
