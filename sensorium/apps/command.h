#pragma once
// The driver both programs share: a table of subcommands, help, and errors as exit codes.

#include <string>
#include <vector>

namespace sensorium {

/// One subcommand. A name of two words ("data prepare") takes two words of the command line. `run` gets the words after
/// the name and returns the exit code.
struct Command {
  std::string name;
  std::string summary;
  int (*run)(const std::vector<std::string>& words);
};

struct Program {
  std::string name;     // "sensorium"
  std::string summary;  // one sentence
  std::vector<Command> commands;
};

/// Runs the subcommand that the command line names and returns the exit code: what the subcommand returned; 0 for
/// --help and --version; 2, 3 or 4 for an Error of that kind, printed as "error: [operation] ..." on standard error; 4
/// when memory or the disk under standard output runs out. Installs logging and the removal of unfinished files on
/// SIGINT and SIGTERM; a reader that closes our output ends the process quietly, as with any filter.
int run_program(const Program& program, int argc, char** argv);

}  // namespace sensorium
