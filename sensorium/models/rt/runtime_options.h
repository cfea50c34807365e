#pragma once
// How the lean runtime runs: the two options that every command with a model has.

#include "sensorium/base/file.h"
#include "sensorium/base/options.h"

#include <string>

namespace sensorium {

struct RuntimeOptions {
  int threads = 0;
  std::string precision = "auto";

  RuntimeOptions() = default;
  RuntimeOptions(int threads) : threads(threads) {}
  void describe(OptionSet& o);
  /// Sets the process's threads and the precision that the checkpoint in `model` is then loaded in, and says that
  /// precision in the log where that is a terminal. "auto" is bf16 where the processor multiplies it faster than
  /// float32, else fp32. A checkpoint that is packed has its own, and only "auto" or that suits: else UsageError.
  void apply(const fs::path& model) const;
};

/// What `sensorium convert --precision` packed the checkpoint's weights in, as its configuration says in either layout;
/// "" of a plain one.
std::string packed_precision(const fs::path& model);

}  // namespace sensorium
