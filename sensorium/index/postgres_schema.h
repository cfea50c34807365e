#pragma once
// Inside the room: the tables of an index in PostgreSQL, and how those of an earlier version become those of today.

#include "sensorium/index/index_options.h"
#include "sensorium/index/postgres.h"

namespace sensorium::index {

/// Statements that lead from each version to the next: the first from no tables to version 1. They are only ever added.
std::span<const char* const> postgres_migrations();

/// The version of the index in the session's database, 0 where there is none.
int64_t schema_version(PostgresSession& session);

/// Brings it to the last version, all steps or none; others who would do it at the same time wait. Throws InputError
/// for a version that is newer than the last.
void migrate(PostgresSession& session, std::span<const char* const> migrations);

/// Whether the options ask for a graph (kept by the server), which they may not for wide vectors.
bool wants_graph(const IndexOptions& options);

/// Makes an index. Throws InputError where there is one.
void create_schema(PostgresSession& session, const IndexOptions& options);

/// What the index was made with. Throws InputError where there is none.
IndexOptions read_options(PostgresSession& session);

}  // namespace sensorium::index
