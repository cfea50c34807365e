#pragma once
// results.jsonl: one JSON object a line, for people, plots and tests.

#include "sensorium/base/json.h"

namespace sensorium {

/// Appends lines to a file. Each has a "step".
class ResultsLog {
 public:
  /// Keeps the lines of steps up to `last_step` and drops later ones and a line cut short: they will be written again.
  ResultsLog(const fs::path& path, int64_t last_step);
  void write(const OrderedJson& line);

 private:
  fs::path path_;
};

}  // namespace sensorium
