#pragma once
// A program that runs beside a test.

#include "sensorium/base/file.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace sensorium::test {

/// Runs from construction to destruction, with its output in a file. Not thread-safe.
class Process {
 public:
  /// The first word is the program, looked for in PATH. `variables`: "NAME=value", added to the environment.
  Process(const std::vector<std::string>& words, const fs::path& output,
          const std::vector<std::string>& variables = {});
  /// Ends it: SIGTERM, and SIGKILL after ten seconds, to it and its children.
  ~Process() { stop(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  /// Ends it so; its exit code, or 128 and the signal that it died of.
  int stop();
  bool running() { return !ended(); }
  /// What it has written so far.
  std::string output() const;
  /// The first group of a regular expression in its output, waited for. Throws EnvironmentError with the output when
  /// the program ends first, or after `limit_s`.
  std::string wait_for(const std::string& pattern, double limit_s = 60);

 private:
  bool ended();
  std::string name_;
  fs::path output_;
  pid_t id_ = -1;
  int status_ = 0;
};

}  // namespace sensorium::test
