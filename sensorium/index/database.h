#pragma once
// Inside the room: SQLite with typed errors, statements that are reset by themselves, and transactions.

#include "sensorium/base/file.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

namespace sensorium::index {

/// A prepared statement. Values bound as views must live until the next reset. Not thread-safe.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  Statement& bind(int place, int64_t value);
  Statement& bind(int place, std::string_view text);
  Statement& bind_bytes(int place, std::span<const std::byte> bytes);
  /// Whether there is a row. Throws InputError for a broken database, EnvironmentError for a full disk and the like.
  bool step();
  /// One run without rows, then reset.
  void run();
  void reset();
  int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> bytes(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

/// Resets a statement when its user is done, by an error too.
class Resetting {
 public:
  explicit Resetting(Statement& statement) : statement_(statement) {}
  ~Resetting() { statement_.reset(); }
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

/// One connection; a write is on disk when its transaction has committed (write-ahead log, synchronous=FULL). Not
/// thread-safe.
class Database {
 public:
  enum class Access { read, write, create };
  Database(const fs::path& path, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Statement prepare(std::string_view sql) const { return Statement(database_, sql); }
  void run(const char* sql);
  int64_t last_row() const;

 private:
  sqlite3* database_ = nullptr;
};

/// Everything until commit(), or nothing.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool done_ = false;
};

}  // namespace sensorium::index
