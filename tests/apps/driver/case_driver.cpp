// Runs the cases of one .case file against the built programs. How a case is written: tests/apps/cases/README.md.
//
//   case_driver FILE BIN_FOLDER TINY_MODELS

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"
#include "tests/support/test_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace sensorium;

namespace {

struct Expectation {
  std::string kind, text;  // "out:", "out~", "err:", "err~", "file", "nofile"
};

struct Case {
  std::string title;
  int line = 0;
  std::string setup, command, input;
  int exit = 0;
  std::vector<Expectation> expectations;
};

std::vector<Case> read_cases(const fs::path& path) {
  std::vector<Case> cases;
  std::istringstream in(read_file(path));
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' ');
    const std::string word = line.substr(0, space), rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (word == "===") {
      cases.emplace_back();
      cases.back().title = rest;
      cases.back().line = number;
      continue;
    }
    if (cases.empty()) throw InputError("case", "{}:{}: expected \"=== title\" first", path.string(), number);
    Case& c = cases.back();
    if (word == "+")
      c.setup += rest + "\n";
    else if (word == "$")
      c.command += rest + "\n";
    else if (word == "<")
      c.input += rest + "\n";
    else if (word == "exit")
      c.exit = std::stoi(rest);
    else if (word == "out:" || word == "out~" || word == "err:" || word == "err~" || word == "file" || word == "nofile")
      c.expectations.push_back({word, rest});
    else
      throw InputError("case", "{}:{}: expected a known directive, got \"{}\"", path.string(), number, word);
  }
  return cases;
}

std::set<std::string> files_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied))
    if (!entry.is_directory()) names.insert(fs::relative(entry.path(), folder).string());
  return names;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); !from.empty() && at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

struct Result {
  int exit = 0;
  std::string out, err;
};

/// Runs a script with bash in `folder`; output files lie beside it, not in it.
Result run(const std::string& script, const fs::path& folder, const fs::path& around, const std::string& input) {
  write_file(around / "script", script);
  write_file(around / "stdin", input);
  const std::string line = fmt::format("cd '{0}' && bash -e '{1}/script' <'{1}/stdin' >'{1}/stdout' 2>'{1}/stderr'",
                                       folder.string(), around.string());
  const int status = std::system(line.c_str());
  Result r;
  r.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  r.out = read_file(around / "stdout");
  r.err = read_file(around / "stderr");
  for (std::string* text : {&r.out, &r.err}) {
    replace_all(*text, folder.string(), "DIR");
    replace_all(*text, test::goldens().string(), "GOLDENS");
    replace_all(*text, std::getenv("TINY"), "TINY");
  }
  return r;
}

/// What is wrong, one line each.
std::vector<std::string> check(const Case& c, const Result& r, const fs::path& folder,
                               const std::set<std::string>& before) {
  std::vector<std::string> faults;
  if (r.exit != c.exit) faults.push_back(fmt::format("expected exit {}, got {}", c.exit, r.exit));
  std::string exact[2];
  bool has_exact[2] = {false, false};
  for (const Expectation& e : c.expectations) {
    const bool err = e.kind.starts_with("err");
    if (e.kind.ends_with(":")) {
      exact[err] += e.text + (e.text.empty() ? "" : "\n");
      has_exact[err] = true;
    } else if (e.kind.ends_with("~")) {
      if (!std::regex_search(err ? r.err : r.out, std::regex(e.text, std::regex::ECMAScript | std::regex::multiline)))
        faults.push_back(fmt::format("expected {} to match {}", err ? "stderr" : "stdout", e.text));
    } else if (fs::exists(folder / e.text) != (e.kind == "file")) {
      faults.push_back(fmt::format("expected {} {}", e.text, e.kind == "file" ? "to exist" : "not to exist"));
    }
  }
  if (has_exact[0] && exact[0] != r.out) faults.push_back("expected stdout:\n" + exact[0]);
  if (has_exact[1] && exact[1] != r.err) faults.push_back("expected stderr:\n" + exact[1]);
  if (c.exit != 0 && files_in(folder) != before) faults.push_back("expected nothing written by a command that fails");
  for (const auto& name : files_in(folder))
    if (name.find(".tmp-") != std::string::npos) faults.push_back("expected no unfinished file, got " + name);
  return faults;
}

bool run_case(const Case& c, const fs::path& source) {
  const test::ScratchFolder around;
  const fs::path folder = around / "work";
  fs::create_directory(folder);
  ::setenv("XDG_CACHE_HOME", (around / "cache").c_str(), 1);
  std::vector<std::string> faults;
  Result result = run(c.setup, folder, around.path(), "");
  if (result.exit != 0) {
    faults.push_back("setup failed");
  } else {
    const auto before = files_in(folder);
    result = run(c.command, folder, around.path(), c.input);
    faults = check(c, result, folder, before);
  }
  if (faults.empty()) return true;
  fmt::print("FAILED {}:{}: {}\n", source.string(), c.line, c.title);
  for (const auto& f : faults) fmt::print("  {}\n", f);
  fmt::print("  stdout:\n{}\n  stderr:\n{}\n", result.out, result.err);
  return false;
}

int drive(const fs::path& file, const fs::path& programs, const fs::path& tiny) {
  ::setenv("PATH", (programs.string() + ":" + std::getenv("PATH")).c_str(), 1);
  ::setenv("GOLDENS", test::goldens().c_str(), 1);
  ::setenv("TINY", tiny.c_str(), 1);
  ::setenv("CASES", file.parent_path().c_str(), 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  int passed = 0, failed = 0;
  for (const Case& c : read_cases(file)) ++(run_case(c, file) ? passed : failed);
  fmt::print("{}: {} passed, {} failed\n", file.filename().string(), passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: case_driver FILE BIN_FOLDER TINY_MODELS\n");
    return 2;
  }
  try {
    return drive(fs::absolute(argv[1]), fs::absolute(argv[2]), fs::absolute(argv[3]));
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
