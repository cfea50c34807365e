#pragma once
// What a .case file says. How one is written: tests/apps/cases/README.md.

#include "sensorium/base/file.h"

#include <string>
#include <vector>

namespace sensorium::cases {

struct Expectation {
  std::string kind, text;  // "out:", "out~", "err:", "err~", "head~", "file", "nofile"
};

/// To the case's server, and what is expected of the answer.
struct Request {
  std::string method, path, headers, body;  // bash expands the body
  int status = 200;
  std::vector<Expectation> expectations;
};

struct Case {
  std::string title;
  int line = 0;
  std::string setup, command, input;  // scripts of bash, and standard input
  std::string server;                 // options of `sensorium serve`, where there are requests
  std::vector<Request> requests;
  int exit = 0;
  std::vector<Expectation> expectations;
};

/// Throws InputError naming file and line.
std::vector<Case> read_cases(const fs::path& path);

}  // namespace sensorium::cases
