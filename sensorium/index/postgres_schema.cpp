#include "sensorium/index/postgres_schema.h"

#include "sensorium/base/error.h"
#include "sensorium/base/json.h"

namespace sensorium::index {
namespace {

/// Wider vectors have no graph (pgvector), and do not fit into a page beside what belongs to a row.
constexpr int64_t kWidestInGraph = 2000, kWidestInPage = 1900;
constexpr int64_t kLock = 0x53656e736f7269;  // for pg_advisory_xact_lock

// Names are in the first schema of the search path, so that one database can hold several indexes:
// postgresql://host/database?options=-csearch_path%3Dphotos,public
constexpr const char* kMigrations[] = {
    R"(
CREATE TABLE sensorium_items (key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                              id text COLLATE "C" NOT NULL UNIQUE, metadata jsonb NOT NULL);
CREATE INDEX sensorium_items_by_metadata ON sensorium_items USING gin (metadata jsonb_path_ops);
CREATE TABLE sensorium_vectors (slot bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                                item bigint NOT NULL REFERENCES sensorium_items ON DELETE CASCADE,
                                kind text NOT NULL, data vector NOT NULL);
CREATE INDEX sensorium_vectors_by_item ON sensorium_vectors (item);
CREATE TABLE sensorium_calibrations (modality text, kind text, value jsonb NOT NULL, PRIMARY KEY (modality, kind));
)"};

void set_meta(PostgresSession& session, const std::string& name, const std::string& value) {
  SqlValues values;
  const std::string n = values.add(name), v = values.add(value);
  session.run("INSERT INTO sensorium_meta (name, value) VALUES (" + n + ", " + v +
                  ") ON CONFLICT (name) DO UPDATE SET value = excluded.value",
              values);
}

std::string meta(PostgresSession& session, const std::string& name) {
  SqlValues values;
  const std::string n = values.add(name);
  const PostgresRows rows = session.run("SELECT value FROM sensorium_meta WHERE name = " + n, values);
  if (rows.count() != 1)
    throw InputError("index", "{}: expected an index that says its {}, got none", session.name(), name);
  return rows.text(0, 0);
}

void need_extension(PostgresSession& session) {
  try {
    session.run("CREATE EXTENSION IF NOT EXISTS vector");
  } catch (const Error& e) {
    throw EnvironmentError("index", "{}: expected a server with the extension vector (pgvector), got: {}",
                           session.name(), e.what());
  }
}

std::string vector_table(const IndexOptions& options) {
  std::string sql = fmt::format("ALTER TABLE sensorium_vectors ALTER COLUMN data TYPE vector({});", options.width);
  if (options.width <= kWidestInPage) sql += "ALTER TABLE sensorium_vectors ALTER COLUMN data SET STORAGE PLAIN;";
  if (wants_graph(options))
    sql += fmt::format(
        "CREATE INDEX sensorium_vectors_graph ON sensorium_vectors USING hnsw (data vector_ip_ops) "
        "WITH (m = {}, ef_construction = {});",
        options.neighbours, options.build_effort);
  return sql;
}

/// Throws UsageError where the server could not do as the options say.
void check_for_postgres(const IndexOptions& options) {
  const auto refuse = [](const std::string& expected, const auto& got) {
    throw UsageError("index create", "expected {} in PostgreSQL, got {}", expected, got);
  };
  constexpr int64_t kWidest = 16000;
  if (options.width > kWidest) refuse("a width of at most 16000", options.width);
  if (options.type == "ivf") refuse("the type auto, flat or hnsw", options.type);
  if (options.storage != "fp32") refuse("the storage fp32", options.storage);
  if (options.type == "hnsw" && options.width > kWidestInGraph)
    refuse("a width of at most 2000 with hnsw", options.width);
  if (options.neighbours > 100) refuse("at most 100 neighbours", options.neighbours);
  if (options.build_effort > 1000 || options.build_effort < 2 * options.neighbours)
    refuse("a build_effort from twice the neighbours to 1000", options.build_effort);
}

/// Until the end of the transaction.
void take_turn(PostgresSession& session) {
  session.run(fmt::format("SELECT pg_advisory_xact_lock({})", kLock));
}

void step_up(PostgresSession& session, int64_t version, std::span<const char* const> migrations) {
  const auto last = static_cast<int64_t>(migrations.size());
  if (version > last)
    throw InputError("index", "{}: expected an index of version {} or earlier, got {}; a newer sensorium made it",
                     session.name(), last, version);
  if (version == last) return;
  if (version == 0) session.run("CREATE TABLE sensorium_meta (name text PRIMARY KEY, value text NOT NULL)");
  for (int64_t step = version; step < last; ++step) session.run_script(migrations[static_cast<size_t>(step)]);
  set_meta(session, "version", std::to_string(last));
}

}  // namespace

std::span<const char* const> postgres_migrations() {
  return kMigrations;
}

int64_t schema_version(PostgresSession& session) {
  if (session.run("SELECT to_regclass('sensorium_meta')::text").is_null(0, 0)) return 0;
  return std::stoll(meta(session, "version"));
}

void migrate(PostgresSession& session, std::span<const char* const> migrations) {
  PostgresTransaction transaction(session);
  take_turn(session);
  step_up(session, schema_version(session), migrations);
  transaction.commit();
}

bool wants_graph(const IndexOptions& options) {
  return options.type != "flat" && options.width <= kWidestInGraph;
}

void create_schema(PostgresSession& session, const IndexOptions& options) {
  check_for_postgres(options);
  PostgresTransaction transaction(session);
  take_turn(session);
  if (schema_version(session) != 0) throw InputError("index", "{}: expected no index yet, got one", session.name());
  need_extension(session);
  step_up(session, 0, postgres_migrations());
  session.run_script(vector_table(options));
  IndexOptions kept = options;
  set_meta(session, "model", options.model_hash);
  set_meta(session, "options", OptionSet::of(kept).to_json().dump());
  transaction.commit();
}

IndexOptions read_options(PostgresSession& session) {
  if (schema_version(session) == 0)
    throw InputError("index", "{}: expected an index, got a database without one", session.name());
  IndexOptions options;
  OptionSet::of(options).set_json(parse_json(meta(session, "options"), session.name()), session.name());
  options.model_hash = meta(session, "model");
  return options;
}

}  // namespace sensorium::index
