#pragma once
// Inside the room: PostgreSQL by libpq, with typed errors. What is sent and received in bulk goes in binary.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace sensorium::index {

/// Whether a place is an address of PostgreSQL: postgresql://[user[:password]@][host][:port][/database][?parameters].
bool is_postgres_address(std::string_view place);

/// The address without its password and parameters, for messages. Throws UsageError for what is no address.
std::string postgres_name(const std::string& address);

/// Values of a statement's parameters, in order. Each add() returns the placeholder ("$3").
class SqlValues {
 public:
  std::string add(std::string text);
  std::string add(int64_t value) { return add(std::to_string(value)); }
  /// For `vector` of pgvector.
  std::string add(std::span<const float> vector);
  const std::vector<std::string>& values() const { return values_; }
  const std::vector<int>& formats() const { return formats_; }

 private:
  std::vector<std::string> values_;
  std::vector<int> formats_;
};

/// Rows of a statement, by number of row and column. The caller knows the types: bigint, double precision, text,
/// vector.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result);
  size_t count() const;
  /// How many rows a write touched.
  size_t changed() const;
  bool is_null(size_t row, int column) const;
  int64_t integer(size_t row, int column) const;
  double real(size_t row, int column) const;
  std::string text(size_t row, int column) const;
  std::vector<float> vector(size_t row, int column) const;

 private:
  std::string_view bytes(size_t row, int column) const;
  struct Free {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Free> result_;
};

/// One session. Every call throws InputError for values that the server does not take, and EnvironmentError where it is
/// not there or not able. Not thread-safe.
class PostgresSession {
 public:
  explicit PostgresSession(const std::string& address);
  /// One statement.
  PostgresRows run(const std::string& sql, const SqlValues& values = {});
  /// Several statements without values, divided by semicolons.
  void run_script(const std::string& sql);
  /// COPY ... FROM STDIN of `bytes`.
  void copy_in(const std::string& sql, const std::string& bytes);
  /// Sets a variable of the server for this session, where it has another value.
  void set(const std::string& variable, const std::string& value);
  /// Whether it is of no more use.
  bool is_lost() const;
  const std::string& name() const { return name_; }

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  [[noreturn]] void fail(const pg_result* result);
  std::string name_;
  std::unique_ptr<pg_conn, Close> connection_;
  std::vector<std::pair<std::string, std::string>> variables_;
  bool lost_ = false;
};

/// Everything until commit(), or nothing.
class PostgresTransaction {
 public:
  explicit PostgresTransaction(PostgresSession& session) : session_(session) { session_.run("BEGIN"); }
  ~PostgresTransaction();
  void commit();

 private:
  PostgresSession& session_;
  bool done_ = false;
};

/// Sessions, one for each thread that needs one at the moment. Thread-safe.
class PostgresPool {
 public:
  explicit PostgresPool(std::string address) : address_(std::move(address)) {}
  /// Lends `work` a session. One that lay idle may turn out to be lost (the server was restarted): then it is done
  /// again in a new one, so doing `work` twice must come to the same.
  void use(const std::function<void(PostgresSession&)>& work);

 private:
  std::unique_ptr<PostgresSession> idle();
  std::string address_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PostgresSession>> idle_;
};

/// Rows of COPY ... WITH (FORMAT binary) (PostgreSQL's manual, "COPY", "Binary Format").
class CopyRows {
 public:
  CopyRows();
  void begin_row(int16_t columns);
  void add(int64_t value);
  void add(std::string_view text);
  void add(std::span<const float> vector);
  /// The whole, once.
  std::string finished();

 private:
  std::string bytes_;
};

}  // namespace sensorium::index
