#pragma once
// Inside the room: a MetadataFilter as a condition of SQL.

#include "sensorium/index/metadata_filter.h"
#include "sensorium/index/postgres.h"

namespace sensorium::index {

/// A condition over the column `metadata` (jsonb) that holds for what `filter` matches, with its values added to
/// `values`. Equality is containment, which an index on the column (jsonb_path_ops) answers.
std::string sql_condition(const MetadataFilter& filter, SqlValues& values);

}  // namespace sensorium::index
