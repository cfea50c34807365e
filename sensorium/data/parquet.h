#pragma once
// Parquet tables, through Apache Arrow where this build has it.

#include "sensorium/data/source.h"
#include "sensorium/data/table.h"

namespace sensorium {

/// Opens a .parquet table like open_table: columns of texts (captions may be lists of texts), rows of one picture that
/// follow one another are one item. Row groups are read one after another. A build without Arrow throws
/// EnvironmentError that says so.
Source open_parquet(const fs::path& file, const fs::path& images, const TableColumns& columns,
                    const CaptionFilter& filter);

}  // namespace sensorium
