#pragma once
// Inside the room: what was made from the database and takes long to make again, in one file beside it.

#include "sensorium/index/row_structure.h"

namespace sensorium::index {

/// As it was read: rows by their slots, encoded where the codec is not exact (else the database has them), and the
/// structure over them.
struct Derived {
  std::vector<SlotInfo> rows;
  std::shared_ptr<const RowCodec> codec;
  std::vector<std::byte> codes;                   // of an inexact codec
  std::shared_ptr<const RowStructure> structure;  // may be null
};

/// Replaces the file at once or not at all. Throws EnvironmentError where it cannot be written.
void write_derived(const fs::path& path, const std::string& identity, const RowView& rows,
                   const RowStructure* structure);

/// Nothing where there is no file, or one of another index or another format. Throws InputError for a broken one.
std::optional<Derived> read_derived(const fs::path& path, const std::string& identity, const IndexOptions& options);

}  // namespace sensorium::index
