#include "sensorium/apps/trainer.h"

#include "sensorium/base/error.h"
#include "sensorium/base/json.h"
#include "sensorium/train/classifier_config.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sensorium {
namespace {

constexpr std::string_view kModelFlag = "--model";

/// The value of --model, before the options are known.
fs::path model_of(const std::vector<std::string>& words) {
  const std::string joined = std::string(kModelFlag) + "=";
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == kModelFlag && i + 1 < words.size()) return words[i + 1];
    if (words[i].starts_with(joined)) return words[i].substr(joined.size());
  }
  return {};
}

bool is_trained_classifier(const fs::path& folder) {
  std::error_code ignored;
  if (folder.empty() || !fs::is_regular_file(folder / "config.json", ignored)) return false;
  const Json config = read_json(folder / "config.json");
  return config.is_object() && config.contains("model_type") && config["model_type"] == kClassifierModelType;
}

}  // namespace

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

void hand_on_trained_classifier(const std::string& command, const std::vector<std::string>& words) {
  if (!is_trained_classifier(model_of(words))) return;
  std::vector<std::string> all{command};
  all.insert(all.end(), words.begin(), words.end());
  run_trainer(all);
}

int run_train(const std::vector<std::string>& words) {
  std::vector<std::string> all{"train"};
  all.insert(all.end(), words.begin(), words.end());
  run_trainer(all);
}

}  // namespace sensorium
