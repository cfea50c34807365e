// Runs the cases of one .case file against the built programs. How a case is written: tests/apps/cases/README.md.
//
//   case_driver FILE BIN_FOLDER TINY_MODELS

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"
#include "tests/apps/driver/case_file.h"
#include "tests/browser/process.h"
#include "tests/serve/raw_client.h"
#include "tests/support/test_support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace sensorium;
using namespace sensorium::cases;

namespace {

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

/// What differs from run to run reads the same.
std::string settled(std::string text, const fs::path& folder) {
  replace_all(text, folder.string(), "DIR");
  replace_all(text, test::goldens().string(), "GOLDENS");
  replace_all(text, std::getenv("TINY"), "TINY");
  return text;
}

/// Runs a script with bash in `folder`; output files lie beside it, not in it.
Result run(const std::string& script, const fs::path& folder, const fs::path& around, const std::string& input) {
  write_file(around / "script", script);
  write_file(around / "stdin", input);
  const std::string line = fmt::format("cd '{0}' && bash -e '{1}/script' <'{1}/stdin' >'{1}/stdout' 2>'{1}/stderr'",
                                       folder.string(), around.string());
  const int status = std::system(line.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(around / "stdout"),
          read_file(around / "stderr")};
}

/// Of texts by name ("out", "err", "head"), what is not as expected, one line each.
std::vector<std::string> check_texts(const std::vector<Expectation>& expectations,
                                     const std::map<std::string, std::string>& texts) {
  std::vector<std::string> faults;
  std::map<std::string, std::string> exact;
  for (const Expectation& e : expectations) {
    const std::string name = e.kind.substr(0, e.kind.size() - 1);
    if (e.kind.ends_with(":"))
      exact[name] += e.text + (e.text.empty() ? "" : "\n");
    else if (e.kind.ends_with("~") &&
             !std::regex_search(texts.at(name), std::regex(e.text, std::regex::ECMAScript | std::regex::multiline)))
      faults.push_back(fmt::format("expected {} to match {}", name, e.text));
  }
  for (const auto& [name, text] : exact)
    if (texts.at(name) != text) faults.push_back(fmt::format("expected {}:\n{}", name, text));
  return faults;
}

std::vector<std::string> check(const Case& c, const Result& r, const fs::path& folder,
                               const std::set<std::string>& before) {
  std::vector<std::string> faults = check_texts(c.expectations, {{"out", r.out}, {"err", r.err}});
  if (r.exit != c.exit) faults.push_back(fmt::format("expected exit {}, got {}", c.exit, r.exit));
  for (const Expectation& e : c.expectations)
    if (e.kind.ends_with("file") && fs::exists(folder / e.text) != (e.kind == "file"))
      faults.push_back(fmt::format("expected {} {}", e.text, e.kind == "file" ? "to exist" : "not to exist"));
  if (c.exit != 0 && files_in(folder) != before) faults.push_back("expected nothing written by a command that fails");
  for (const auto& name : files_in(folder))
    if (name.find(".tmp-") != std::string::npos) faults.push_back("expected no unfinished file, got " + name);
  return faults;
}

/// Sends one request; what is wrong with the answer, and the answer after it.
std::vector<std::string> ask(const Request& request, int port, const fs::path& folder, const fs::path& around) {
  const fs::path beside = around / "body";
  fs::create_directories(beside);
  std::string body = run("cat <<END_OF_BODY\n" + request.body + "END_OF_BODY\n", folder, beside, "").out;
  if (!body.empty()) body.pop_back();
  test::RawClient client(port);
  client.send(fmt::format("{} {} HTTP/1.1\r\nHost: here\r\n{}{}Content-Length: {}\r\n\r\n{}", request.method,
                          request.path, request.body.empty() ? "" : "Content-Type: application/json\r\n",
                          request.headers, body.size(), body));
  const std::string answer = settled(client.receive(), folder);
  const size_t head = std::min(answer.size(), answer.find("\r\n\r\n"));
  auto faults = check_texts(request.expectations, {{"out", test::body_in(answer)}, {"head", answer.substr(0, head)}});
  if (test::status_in(answer) != request.status)
    faults.push_back(fmt::format("expected status {}, got {}", request.status, test::status_in(answer)));
  if (!faults.empty()) {
    faults.insert(faults.begin(), fmt::format("> {} {}", request.method, request.path));
    faults.push_back("answer:\n" + answer);
  }
  return faults;
}

/// Starts the case's server, asks all it is to be asked, and ends it.
Result serve(const Case& c, const fs::path& folder, const fs::path& around, std::vector<std::string>& faults) {
  const fs::path out = around / "stdout", err = around / "stderr";
  const std::string command =
      fmt::format("cd '{}' && exec sensorium serve --port 0 {} >'{}'", folder.string(), c.server, out.string());
  test::Process server({"bash", "-c", command}, err);
  const int port = std::stoi(server.wait_for("serving[^\\n]*:([0-9]+)\n"));
  for (const Request& request : c.requests)
    for (std::string& fault : ask(request, port, folder, around)) faults.push_back(std::move(fault));
  const int exit = server.stop();
  return {exit, read_file(out), read_file(err)};
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
    result =
        c.requests.empty() ? run(c.command, folder, around.path(), c.input) : serve(c, folder, around.path(), faults);
    for (std::string* text : {&result.out, &result.err}) *text = settled(*text, folder);
    for (std::string& fault : check(c, result, folder, before)) faults.push_back(std::move(fault));
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
