#include "sensorium/apps/command.h"

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"
#include "sensorium/base/log.h"
#include "sensorium/base/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>

namespace sensorium {
namespace {

/// The help of all commands, or of those whose name begins with `group`.
std::string help_of(const Program& program, const std::string& group = "") {
  std::string text = fmt::format("usage: {} COMMAND [options]\n\n{}\n\ncommands:\n", program.name, program.summary);
  for (const Command& c : program.commands)
    if (c.name.starts_with(group)) text += fmt::format("  {:<20} {}\n", c.name, c.summary);
  text += fmt::format("\n`{} COMMAND --help` tells a command's options.\n", program.name);
  return text;
}

/// The command that the first one or two words name, and how many words its name took.
std::pair<const Command*, size_t> find_command(const Program& program, const std::vector<std::string>& words) {
  for (size_t n = std::min<size_t>(2, words.size()); n > 0; --n) {
    const std::string name = n == 2 ? words[0] + " " + words[1] : words[0];
    for (const Command& c : program.commands)
      if (c.name == name) return {&c, n};
  }
  return {nullptr, 0};
}

/// Whether commands of two words begin with this one.
bool is_group(const Program& program, const std::string& word) {
  return std::any_of(program.commands.begin(), program.commands.end(),
                     [&](const Command& c) { return c.name.starts_with(word + " "); });
}

[[noreturn]] void refuse(const Program& program, const std::vector<std::string>& words) {
  std::vector<std::string> names, members;
  for (const Command& c : program.commands) {
    names.push_back(c.name);
    if (c.name.starts_with(words[0] + " ")) members.push_back(c.name);
  }
  if (!members.empty() && (words.size() == 1 || words[1].starts_with("-")))
    throw UsageError(program.name, "expected one of: {}; got \"{}\"", fmt::join(members, ", "), words[0]);
  std::string given = words[0];
  std::string close = closest_match(given, names);
  if (words.size() > 1 && (close.empty() || !members.empty())) {
    const std::string both = words[0] + " " + words[1];
    if (const std::string other = closest_match(both, names); !other.empty()) given = both, close = other;
  }
  throw UsageError(program.name, "expected a command that {} --help lists, got \"{}\"{}", program.name, given,
                   close.empty() ? "" : " (did you mean " + close + "?)");
}

int dispatch(const Program& program, const std::vector<std::string>& words) {
  if (words.empty()) {
    std::fputs(help_of(program).c_str(), stderr);
    return static_cast<int>(ErrorKind::usage);
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    std::fputs(help_of(program).c_str(), stdout);
    return 0;
  }
  if (words[0] == "--version") {
    fmt::print("{} {}\n", program.name, SENSORIUM_VERSION);
    return 0;
  }
  const auto [command, taken] = find_command(program, words);
  const bool asks_help = words.size() > 1 && (words[1] == "--help" || words[1] == "-h");
  if (!command && asks_help && is_group(program, words[0])) {
    std::fputs(help_of(program, words[0] + " ").c_str(), stdout);
    return 0;
  }
  if (!command) refuse(program, words);
  return command->run({words.begin() + static_cast<std::ptrdiff_t>(taken), words.end()});
}

/// What is printed must have arrived: a full disk under standard output is an error like any other.
void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw EnvironmentError("write", "standard output: expected to write, got: {}", std::strerror(errno));
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  install_logging();
  install_signal_cleanup();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, not an end of the process
  try {
    const int code = dispatch(program, {argv + 1, argv + argc});
    flush_output();
    return code;
  } catch (const Error& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return e.exit_code();
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: [memory] expected enough memory, got none; try a smaller --batch-size\n");
    return static_cast<int>(ErrorKind::environment);
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: [{}] expected no unknown fault, got: {}\n", program.name, e.what());
    return static_cast<int>(ErrorKind::environment);
  }
}

}  // namespace sensorium
