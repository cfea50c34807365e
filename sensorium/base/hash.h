#pragma once
// Content hashes (XXH3, 128 bit): for identity of files and caches, not for security.

#include "sensorium/base/file.h"

#include <span>
#include <string>

namespace sensorium {

/// 32 lower-case hex digits of the XXH3-128 of the bytes.
std::string content_hash(std::string_view bytes);
/// The same for a file's content. Throws InputError when it cannot be read.
std::string content_hash_of_file(const fs::path& path);
/// XXH3-64 of the bytes: for hash tables and seeds that must be the same on every machine.
uint64_t stable_hash(std::string_view bytes, uint64_t seed = 0);

}  // namespace sensorium
