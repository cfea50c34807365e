#include "tests/apps/driver/case_file.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <sstream>

namespace sensorium::cases {
namespace {

bool is_one_of(const std::string& word, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Whether the line said something of the request.
bool add_to(Request& r, const std::string& word, const std::string& rest) {
  if (word == "|")
    r.headers += rest + "\r\n";
  else if (word == "<")
    r.body += rest + "\n";
  else if (word == "status")
    r.status = std::stoi(rest);
  else if (is_one_of(word, {"out:", "out~", "head~"}))
    r.expectations.push_back({word, rest});
  else
    return false;
  return true;
}

bool add_to(Case& c, const std::string& word, const std::string& rest) {
  if (word == "+")
    c.setup += rest + "\n";
  else if (word == "$")
    c.command += rest + "\n";
  else if (word == "<")
    c.input += rest + "\n";
  else if (word == "exit")
    c.exit = std::stoi(rest);
  else if (word == "serve")
    c.server = rest;
  else if (word == ">") {
    const size_t space = rest.find(' ');
    c.requests.push_back({rest.substr(0, space), rest.substr(std::min(rest.size(), space + 1)), {}, {}, 200, {}});
  } else if (is_one_of(word, {"out:", "out~", "err:", "err~", "file", "nofile"}))
    c.expectations.push_back({word, rest});
  else
    return false;
  return true;
}

}  // namespace

std::vector<Case> read_cases(const fs::path& path) {
  std::vector<Case> cases;
  std::istringstream in(read_file(path));
  int number = 0;
  const auto expected = [&](const char* what, const std::string& got) {
    return InputError("case", "{}:{}: expected {}, got \"{}\"", path.string(), number, what, got);
  };
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
    if (cases.empty()) throw expected("\"=== title\" first", line);
    Case& c = cases.back();
    if (!c.requests.empty() && add_to(c.requests.back(), word, rest)) continue;
    if (!add_to(c, word, rest)) throw expected("a known directive", word);
    if (!c.requests.empty() && c.server.empty()) throw expected("\"serve OPTIONS\" before requests", line);
  }
  return cases;
}

}  // namespace sensorium::cases
