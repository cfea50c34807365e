#pragma once
// Commands that need LibTorch are those of the other program.

#include <string>
#include <vector>

namespace sensorium {

/// Replaces this process by `sensorium-train WORDS...`, the program beside this one. Returns only by throwing:
/// EnvironmentError when it is not there or cannot be run.
[[noreturn]] void run_trainer(const std::vector<std::string>& words);

/// Where `--model` among the words names a folder that `train classifier` wrote, as `run_trainer` of the command and
/// its words; otherwise returns. Throws InputError for a folder whose config.json is broken.
void hand_on_trained_classifier(const std::string& command, const std::vector<std::string>& words);

/// `sensorium train ...`.
int run_train(const std::vector<std::string>& words);

}  // namespace sensorium
