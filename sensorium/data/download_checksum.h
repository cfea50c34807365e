#pragma once
// Checksums of files as publishers give them: MD5, SHA-1 and SHA-256.

#include "sensorium/base/file.h"

#include <optional>
#include <string>

namespace sensorium {

/// An expected digest: "md5:<32 hex>", "sha1:<40 hex>" or "sha256:<64 hex>"; bare hex digits are told apart by their
/// number, and '=' may stand for ':'. Nothing for other texts. The result is written with ':' in lower case.
std::optional<std::string> parse_checksum(std::string_view text);

/// The digest of a file's content by the algorithm of `like` ("md5:..."), written the same way. Throws InputError when
/// the file cannot be read. Thread-safe; memory is one block.
std::string checksum_of_file(const fs::path& file, const std::string& like);

}  // namespace sensorium
