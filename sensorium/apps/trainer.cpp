#include "sensorium/apps/trainer.h"

#include "sensorium/base/error.h"
#include "sensorium/base/file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sensorium {

void run_trainer(const std::vector<std::string>& words) {
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (failed) throw EnvironmentError("train", "expected to read /proc/self/exe, got: {}", failed.message());
  const fs::path program = self.parent_path() / "sensorium-train";
  if (::access(program.c_str(), X_OK) != 0)
    throw EnvironmentError("train",
                           "{}: expected the training program here (build it with SENSORIUM_TRAIN=ON), got: {}",
                           program.string(), std::strerror(errno));
  std::vector<char*> arguments{const_cast<char*>(program.c_str())};
  for (const std::string& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  // Threads that wait do not spin for long: no slower alone, twice as fast beside other work.
  ::setenv("GOMP_SPINCOUNT", "10000", 0);
  std::fflush(nullptr);
  ::execv(program.c_str(), arguments.data());
  throw EnvironmentError("train", "{}: expected to run, got: {}", program.string(), std::strerror(errno));
}

int run_train(const std::vector<std::string>& words) {
  std::vector<std::string> all{"train"};
  all.insert(all.end(), words.begin(), words.end());
  run_trainer(all);
}

}  // namespace sensorium
