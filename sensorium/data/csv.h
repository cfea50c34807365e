#pragma once
// Streaming CSV reading through libcsv.

#include "sensorium/base/file.h"

#include <functional>
#include <string>
#include <vector>

namespace sensorium {

/// Calls `row(fields, number)` for every record of a CSV file (RFC 4180; lines may end in CR, LF or both, quoted fields
/// may hold line breaks), numbered from 1, until it returns false; a byte order mark is skipped, empty lines are left
/// out. Returns false when the file ends inside a quoted field, whose record is not given. Throws InputError when the
/// file cannot be read or a record is longer than 16 MiB. Memory: one record.
bool read_csv(const fs::path& file, char delimiter,
              const std::function<bool(std::vector<std::string>&, uint64_t)>& row);

}  // namespace sensorium
