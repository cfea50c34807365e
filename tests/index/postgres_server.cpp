#include "tests/index/postgres_server.h"

#include "sensorium/index/postgres.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <vector>

namespace sensorium::test {
namespace {

constexpr int kPatience_s = 60;

fs::path installed_programs() {
  const char* own = std::getenv("SENSORIUM_POSTGRES");
  const fs::path folder = own ? fs::path(own) : fs::path(SENSORIUM_DEPS_DIR) / "postgres/pgserver/pginstall";
  if (!fs::exists(folder / "bin/postgres"))
    throw EnvironmentError(
        "test", "expected PostgreSQL in {} (`./run test` puts it there, or set SENSORIUM_POSTGRES), got none",
        folder.string());
  return folder;
}

/// PostgreSQL refuses to run as root.
bool is_root() {
  return ::geteuid() == 0;
}

void become_nobody() {
  const passwd* nobody = ::getpwnam("nobody");
  if (!nobody || ::setgroups(0, nullptr) != 0 || ::setgid(nobody->pw_gid) != 0 || ::setuid(nobody->pw_uid) != 0)
    ::_exit(126);
}

/// Runs a program that ends, at the latest, with this process; its output goes to `log`.
pid_t spawn(const std::vector<std::string>& words, const fs::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (out < 0 || ::dup2(out, STDOUT_FILENO) < 0 || ::dup2(out, STDERR_FILENO) < 0) ::_exit(126);
  if (is_root()) become_nobody();
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after the change of user, which would clear it
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

PostgresServer::PostgresServer() : programs_(installed_programs()) {
  if (is_root()) {
    // Another user may not see where we are installed; the libraries stand where the programs look for them.
    const fs::path root = programs_.parent_path().parent_path();
    if (fs::exists(root / "pgserver.libs")) {
      fs::copy(root, scratch_ / "postgres", fs::copy_options::recursive);
      programs_ = scratch_ / "postgres/pgserver/pginstall";
    }
    const passwd* nobody = ::getpwnam("nobody");
    if (!nobody || ::chown(scratch_.path().c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
      throw EnvironmentError("test", "expected a user nobody who can own {}, got none", scratch_.path().string());
  }
  int status = 0;
  ::waitpid(spawn({(programs_ / "bin/initdb").string(), "-D", scratch_ / "data", "-U", "tester", "-A", "trust", "-E",
                   "UTF8", "--no-locale", "--no-sync"},
                  scratch_ / "initdb.log"),
            &status, 0);
  if (status != 0)
    throw EnvironmentError("test", "expected initdb to make a database, got: {}", read_file(scratch_ / "initdb.log"));
  start();
}

PostgresServer::~PostgresServer() {
  stop(SIGINT);
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

std::string PostgresServer::address(const std::string& database) const {
  return "postgresql://tester@/" + database + "?host=" + scratch_.path().string();
}

void PostgresServer::start() {
  server_ = spawn({(programs_ / "bin/postgres").string(), "-D", scratch_ / "data", "-k", scratch_.path().string(), "-c",
                   "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=64MB"},
                  scratch_ / "postgres.log");
  const auto start = std::chrono::steady_clock::now();
  while (PQping(address("postgres").c_str()) != PQPING_OK) {
    int status = 0;
    if (::waitpid(server_, &status, WNOHANG) == server_ ||
        std::chrono::steady_clock::now() - start > std::chrono::seconds(kPatience_s))
      throw EnvironmentError("test", "expected PostgreSQL to start, got: {}", read_file(scratch_ / "postgres.log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::stop(int signal) {
  ::kill(server_, signal);
  ::waitpid(server_, nullptr, 0);
}

void PostgresServer::crash_and_restart() {
  stop(SIGQUIT);
  start();
}

std::string PostgresServer::new_database() {
  const std::string name = "test" + std::to_string(++databases_);
  index::PostgresSession(address("postgres")).run("CREATE DATABASE " + name);
  return address(name);
}

}  // namespace sensorium::test
