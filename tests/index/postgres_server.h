#pragma once
// A PostgreSQL with pgvector for tests: a real server of this process alone, on a socket in a scratch folder.

#include "tests/support/test_support.h"

#include <sys/types.h>

namespace sensorium::test {

/// Started at construction, gone at destruction or when this process ends. Its programs are those of `./run test`
/// (.deps/postgres), or of $SENSORIUM_POSTGRES (a folder with bin/, as Debian's /usr/lib/postgresql/15). Throws
/// EnvironmentError where they are missing or the server does not start.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  /// The one that tests share, started when first asked for.
  static PostgresServer& shared();
  /// The address of a new, empty database.
  std::string new_database();
  /// Ends the server as a crash does, and starts it again.
  void crash_and_restart();

 private:
  std::string address(const std::string& database) const;
  void start();
  void stop(int signal);
  ScratchFolder scratch_;
  fs::path programs_;
  pid_t server_ = -1;
  int databases_ = 0;
};

}  // namespace sensorium::test
