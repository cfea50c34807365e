#pragma once
// A data set of some pictures and a model of some thousand weights, and runs on them.

#include "sensorium/train/clip_trainer.h"
#include "tests/support/test_support.h"

#include <optional>

namespace sensorium::test {

/// Writes `data/` (24 training and 6 validation pictures with two captions each) and `model.json` below the folder.
void write_tiny_data(const fs::path& folder);

/// Options of a run of 12 updates on them, to `folder`/`out`; `more` is set over them.
ClipTrainOptions tiny_options(const fs::path& folder, const std::string& out, const Json& more = Json::object());

/// When a process is killed: `then_us` microseconds after its `checkpoints`-th checkpoint (0: after its start).
struct Kill {
  int checkpoints = 0;
  int then_us = 0;
};

/// Runs the same in another process, and kills that if told to and it has not ended before. Returns whether it ended by
/// itself with success.
bool train_in_child(const fs::path& folder, const std::string& out, const Json& more,
                    std::optional<Kill> kill = std::nullopt);

/// Runs a test case of this program in another process with options in its environment (kChildOptions), likewise; `run`
/// is the run's folder.
bool in_child(const std::string& test_case, const OrderedJson& options, const fs::path& run,
              std::optional<Kill> kill = std::nullopt);
inline constexpr const char* kChildOptions = "SENSORIUM_TEST_TRAIN";

/// Whether two runs ended with the same weights, moments and averages, bit for bit.
bool same_end(const fs::path& a, const fs::path& b);

}  // namespace sensorium::test
