#include "sensorium/apps/train_clip.h"

#include "sensorium/train/clip_trainer.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium train clip",
                        "Trains a dual encoder of pictures and texts on a prepared data folder, from fresh weights, "
                        "from a checkpoint, or on "
                        "two pretrained towers. An interrupted run is continued by the same command.",
                        "sensorium train clip --config configs/train/builtin.json --data out/data --out out/clip"};

}  // namespace

int run_train_clip(const std::vector<std::string>& words) {
  ClipTrainOptions options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const TrainSummary summary = train_clip(options);
  const OrderedJson json = {{"best", summary.best.string()},
                            {"steps", summary.steps},
                            {"best_step", summary.best_step},
                            {"validation", summary.best_validation}};
  fmt::print("{}\n", json.dump(2));
  return 0;
}

}  // namespace sensorium
