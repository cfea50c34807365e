#pragma once
// A data set of some pictures and a model of some thousand weights, and runs on them.

#include "sensorium/train/clip_trainer.h"
#include "tests/support/test_support.h"

namespace sensorium::test {

/// Writes `data/` (24 training and 6 validation pictures with two captions each) and `model.json` below the folder.
void write_tiny_data(const fs::path& folder);

/// Options of a run of 12 updates on them, to `folder`/`out`; `more` is set over them.
ClipTrainOptions tiny_options(const fs::path& folder, const std::string& out, const Json& more = Json::object());

/// Runs the same in another process and kills that after `kill_after_ms`, unless it ends before (0: never). Returns
/// whether it ended by itself with success.
bool train_in_child(const fs::path& folder, const std::string& out, const Json& more, int kill_after_ms);

/// Whether two runs ended with the same weights, moments and averages, bit for bit.
bool same_end(const fs::path& a, const fs::path& b);

}  // namespace sensorium::test
