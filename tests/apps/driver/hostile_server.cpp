// Runs a command of bash beside the hostile server of tests/data, whose address stands in $SERVER.
//
//   hostile_server COMMAND

#include "tests/data/hostile_server.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace sensorium::test;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: hostile_server COMMAND\n", stderr);
    return 2;
  }
  const HostileServer server;
  ::setenv("SERVER", server.url("").c_str(), 1);
  ::setenv("HOSTILE_COMMAND", argv[1], 1);
  const int status = std::system("bash -ec \"$HOSTILE_COMMAND\"");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
