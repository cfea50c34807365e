#include "sensorium/index/database.h"

#include "sensorium/base/error.h"

#include <sqlite3.h>

namespace sensorium::index {
namespace {

constexpr int kWait_ms = 10'000;
/// Rows of a few KB: three of width 512 a page.
constexpr const char* kPageSize = "PRAGMA page_size=8192";

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* file = database ? sqlite3_db_filename(database, "main") : nullptr;
  const std::string place = file ? file : "index";
  const char* said = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
      throw InputError("index", "{}: expected a sound database, got: {}", place, said);
    default:
      throw EnvironmentError("index", "{}: expected to read and write, got: {}", place, said);
  }
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) {
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement_, nullptr);
  if (code != SQLITE_OK) fail(database, code);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::bind(int place, int64_t value) {
  SENSORIUM_ASSERT(sqlite3_bind_int64(statement_, place, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int place, std::string_view text) {
  SENSORIUM_ASSERT(sqlite3_bind_text64(statement_, place, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                                       SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_bytes(int place, std::span<const std::byte> bytes) {
  SENSORIUM_ASSERT(sqlite3_bind_blob64(statement_, place, bytes.data(), bytes.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(sqlite3_db_handle(statement_), code);
}

void Statement::run() {
  const Resetting done(*this);
  step();
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {text ? text : "", static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(const fs::path& path, Access access) {
  const int how = access == Access::read    ? SQLITE_OPEN_READONLY
                  : access == Access::write ? SQLITE_OPEN_READWRITE
                                            : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &database_, how | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) {
    const std::string said = database_ ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
    sqlite3_close_v2(database_);
    throw EnvironmentError("index", "{}: expected a database that can be opened, got: {}", path.string(), said);
  }
  try {
    sqlite3_busy_timeout(database_, kWait_ms);
    if (access == Access::create) run(kPageSize);
    if (access != Access::read) run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("PRAGMA cache_size=-16384");
  } catch (...) {
    sqlite3_close_v2(database_);
    throw;
  }
}

Database::~Database() {
  sqlite3_close_v2(database_);
}

void Database::run(const char* sql) {
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(database_, code);
}

int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(database_);
}

Transaction::~Transaction() {
  if (done_) return;
  try {
    database_.run("ROLLBACK");
  } catch (const Error&) {  // SQLite has rolled back by itself
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  done_ = true;
}

}  // namespace sensorium::index
