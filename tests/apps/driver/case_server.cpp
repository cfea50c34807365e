#include "tests/apps/driver/case_server.h"

#include "sensorium/base/error.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <regex>
#include <thread>

namespace sensorium::cases {
namespace {

void redirect(int descriptor, const fs::path& file) {
  ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), descriptor);
}

}  // namespace

CaseServer::CaseServer(const std::string& options, const fs::path& folder, const fs::path& around) {
  const std::string command = "exec sensorium serve --port 0 " + options;
  const fs::path log = around / "stderr";
  write_file(log, "");
  pid_ = ::fork();
  if (pid_ == 0) {
    redirect(STDOUT_FILENO, around / "stdout");
    redirect(STDERR_FILENO, log);
    if (::chdir(folder.c_str()) == 0) ::execlp("bash", "bash", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  const std::regex serving(R"(serving[^\n]*:(\d+)\n)");
  for (std::smatch at; port_ == 0; std::this_thread::sleep_for(std::chrono::milliseconds(20))) {
    const bool ended = has_ended();
    const std::string text = read_file(log);
    if (std::regex_search(text, at, serving)) {
      port_ = std::stoi(at[1]);
    } else if (ended) {
      pid_ = 0;
      throw InputError("case", "expected the server to serve, got its end: {}", text);
    }
  }
}

CaseServer::~CaseServer() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
}

bool CaseServer::has_ended() {
  return ::waitpid(pid_, &status_, WNOHANG) == pid_;
}

int CaseServer::end() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, &status_, 0);
  pid_ = 0;
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

}  // namespace sensorium::cases
