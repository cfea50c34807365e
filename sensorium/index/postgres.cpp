#include "sensorium/index/postgres.h"

#include "sensorium/index/index_away.h"

#include <libpq-fe.h>

#include <algorithm>

namespace sensorium::index {
namespace {

constexpr const char* kConnect_s = "10";
constexpr int kBinary = 1;

std::string trimmed(std::string_view said) {
  while (!said.empty() && (said.back() == '\n' || said.back() == ' ')) said.remove_suffix(1);
  std::string line(said);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

/// Classes of SQLSTATE that blame the values: data exceptions and broken constraints.
bool blames_values(std::string_view state) {
  return state.starts_with("22") || state.starts_with("23");
}

/// Those of a server that ends the session, and of one that cannot be reached.
bool ends_session(std::string_view state) {
  return state.starts_with("57P") || state.starts_with("08");
}

void say_nothing(void*, const char*) {}

}  // namespace

bool is_postgres_address(std::string_view place) {
  return place.starts_with("postgresql://") || place.starts_with("postgres://");
}

std::string postgres_name(const std::string& address) {
  char* said = nullptr;
  PQconninfoOption* options = PQconninfoParse(address.c_str(), &said);
  if (!options) {
    const std::string why = trimmed(said ? said : "no memory");
    PQfreemem(said);
    throw UsageError("index", "expected an address as postgresql://user@host/database, got one with: {}", why);
  }
  std::string user, host, port, database;
  for (const PQconninfoOption* o = options; o->keyword; ++o) {
    const std::string keyword = o->keyword, value = o->val ? o->val : "";
    if (keyword == "user" && !value.empty()) user = value + "@";
    if (keyword == "host") host = value;
    if (keyword == "port" && !value.empty()) port = ":" + value;
    if (keyword == "dbname") database = value;
  }
  PQconninfoFree(options);
  return "postgresql://" + user + host + port + "/" + database;
}

void PostgresSession::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

PostgresSession::PostgresSession(const std::string& address) : name_(postgres_name(address)) {
  // What stands before "dbname" yields to the address, what stands behind does not.
  const char* keywords[] = {"connect_timeout", "fallback_application_name", "dbname", "client_encoding", nullptr};
  const char* values[] = {kConnect_s, "sensorium", address.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectdbParams(keywords, values, 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw IndexAway("index", "{}: expected a PostgreSQL server, got: {}", name_,
                    trimmed(PQerrorMessage(connection_.get())));
  PQsetNoticeProcessor(connection_.get(), say_nothing, nullptr);
}

void PostgresSession::fail(const pg_result* result) {
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const char* primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
  const std::string said = trimmed(primary ? primary : PQerrorMessage(connection_.get()));
  lost_ |= !state || ends_session(state);
  if (state && blames_values(state))
    throw InputError("index", "{}: expected values that PostgreSQL holds, got: {}", name_, said);
  if (lost_) throw IndexAway("index", "{}: expected to read and write, got: {}", name_, said);
  throw EnvironmentError("index", "{}: expected to read and write, got: {}", name_, said);
}

PostgresRows PostgresSession::run(const std::string& sql, const SqlValues& values) {
  std::vector<const char*> pointers;
  std::vector<int> lengths;
  for (const std::string& value : values.values()) {
    pointers.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  pg_result* result = PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(pointers.size()), nullptr,
                                   pointers.data(), lengths.data(), values.formats().data(), kBinary);
  PostgresRows rows(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(result);
  return rows;
}

void PostgresSession::run_script(const std::string& sql) {
  pg_result* result = PQexec(connection_.get(), sql.c_str());
  const PostgresRows owner(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) fail(result);
}

void PostgresSession::copy_in(const std::string& sql, const std::string& bytes) {
  constexpr size_t kPiece = size_t{1} << 20;
  pg_result* start = PQexec(connection_.get(), sql.c_str());
  const PostgresRows owner(start);
  if (PQresultStatus(start) != PGRES_COPY_IN) fail(start);
  for (size_t at = 0; at < bytes.size(); at += kPiece)
    if (PQputCopyData(connection_.get(), bytes.data() + at, static_cast<int>(std::min(kPiece, bytes.size() - at))) != 1)
      break;  // what went wrong is said below
  PQputCopyEnd(connection_.get(), nullptr);
  while (pg_result* result = PQgetResult(connection_.get())) {
    const PostgresRows end(result);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
      while (pg_result* more = PQgetResult(connection_.get())) PQclear(more);
      fail(result);
    }
  }
}

void PostgresSession::set(const std::string& variable, const std::string& value) {
  const auto at =
      std::find_if(variables_.begin(), variables_.end(), [&](const auto& v) { return v.first == variable; });
  if (at != variables_.end() && at->second == value) return;
  SqlValues values;
  const std::string name = values.add(variable), to = values.add(value);
  run("SELECT set_config(" + name + ", " + to + ", false)", values);
  if (at != variables_.end())
    at->second = value;
  else
    variables_.emplace_back(variable, value);
}

bool PostgresSession::is_lost() const {
  return lost_ || PQstatus(connection_.get()) != CONNECTION_OK;
}

PostgresTransaction::~PostgresTransaction() {
  if (done_) return;
  try {
    session_.run("ROLLBACK");
  } catch (const Error&) {  // a server that is gone has rolled back
  }
}

void PostgresTransaction::commit() {
  session_.run("COMMIT");
  done_ = true;
}

std::unique_ptr<PostgresSession> PostgresPool::idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  auto session = std::move(idle_.back());
  idle_.pop_back();
  return session;
}

void PostgresPool::use(const std::function<void(PostgresSession&)>& work) {
  auto session = idle();
  const auto give_back = [&] {
    if (session->is_lost()) return;
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
  };
  if (session) {
    try {
      work(*session);
      return give_back();
    } catch (...) {
      if (!session->is_lost()) {
        give_back();
        throw;
      }
    }
    const std::lock_guard lock(mutex_);
    idle_.clear();
  }
  session = std::make_unique<PostgresSession>(address_);
  try {
    work(*session);
  } catch (...) {
    give_back();
    throw;
  }
  give_back();
}

}  // namespace sensorium::index
