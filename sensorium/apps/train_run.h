#pragma once
// A training as a command.

#include "sensorium/base/options.h"
#include "sensorium/train/train_loop.h"

#include <cstdio>

namespace sensorium {

/// Parses the options, trains, and prints what the run ended with as JSON. Returns 0, or throws.
template <class Options>
int run_train_command(const CommandInfo& info, const std::vector<std::string>& words, TrainSummary (*train)(Options)) {
  Options options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(info, set, words)) return 0;
  const TrainSummary summary = train(options);
  const OrderedJson json = {{"best", summary.best.string()},
                            {"steps", summary.steps},
                            {"best_step", summary.best_step},
                            {"validation", summary.best_validation}};
  fmt::print("{}\n", json.dump(2));
  return 0;
}

}  // namespace sensorium
