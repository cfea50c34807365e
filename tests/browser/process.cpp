#include "tests/browser/process.h"

#include "sensorium/base/error.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <regex>
#include <thread>

namespace sensorium::test {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void become(const std::vector<std::string>& words, const fs::path& output,
                         const std::vector<std::string>& variables) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing stays behind a test that was killed
  ::setpgid(0, 0);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(file, 1);
  ::dup2(file, 2);
  for (const std::string& v : variables) {
    const size_t equals = v.find('=');
    ::setenv(v.substr(0, equals).c_str(), v.substr(equals + 1).c_str(), 1);
  }
  std::vector<char*> arguments;
  for (const std::string& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t start(const std::vector<std::string>& words, const fs::path& output, const std::vector<std::string>& variables) {
  const pid_t id = ::fork();
  if (id < 0) throw EnvironmentError("test", "expected to start {}, got no process", words[0]);
  if (id == 0) become(words, output, variables);
  return id;
}

}  // namespace

Process::Process(const std::vector<std::string>& words, const fs::path& output,
                 const std::vector<std::string>& variables)
    : name_(words.at(0)), output_(output), id_(start(words, output, variables)) {}

bool Process::ended() {
  if (id_ > 0 && ::waitpid(id_, &status_, WNOHANG) == id_) id_ = -1;
  return id_ < 0;
}

int Process::stop() {
  if (const pid_t group = id_; group > 0) {
    ::kill(id_, SIGTERM);
    for (int i = 0; i < 200 && !ended(); ++i) std::this_thread::sleep_for(50ms);
    ::kill(-group, SIGKILL);
    if (id_ > 0) ::waitpid(id_, &status_, 0);
    id_ = -1;
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

std::string Process::output() const {
  return fs::exists(output_) ? read_file(output_) : "";
}

std::string Process::wait_for(const std::string& pattern, double limit_s) {
  const std::regex expression(pattern);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s);
  for (;;) {
    const bool over = ended() || std::chrono::steady_clock::now() > end;
    const std::string text = output();
    if (std::smatch found; std::regex_search(text, found, expression)) return found[1];
    if (over) throw EnvironmentError("test", "expected {} to write \"{}\", got:\n{}", name_, pattern, text);
    std::this_thread::sleep_for(50ms);
  }
}

}  // namespace sensorium::test
