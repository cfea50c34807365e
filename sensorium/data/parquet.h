#pragma once
// Parquet tables, through Apache Arrow where this build has it.

#include "sensorium/data/source.h"
#include "sensorium/data/table.h"

namespace sensorium {

/// Opens a .parquet table like open_table: columns of texts (captions may be lists of texts), rows of one picture that
/// follow one another are one item. Row groups are read one after another, and of them only the columns that are
/// wanted. A build without Arrow throws EnvironmentError that says how to get one; otherwise InputError for what is no
/// Parquet table, lacks a column, or has columns that are no texts, when it is opened or at the row group at fault.
Source open_parquet(const fs::path& file, const fs::path& images, const TableColumns& columns,
                    const CaptionFilter& filter);

/// Whether this build has Arrow.
bool reads_parquet();

}  // namespace sensorium
