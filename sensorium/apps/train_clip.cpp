#include "sensorium/apps/train_clip.h"

#include "sensorium/apps/train_run.h"
#include "sensorium/train/clip_trainer.h"

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium train clip",
                        "Trains a dual encoder of pictures and texts on a prepared data folder, from fresh weights, "
                        "from a checkpoint, or on "
                        "two pretrained towers. An interrupted run is continued by the same command.",
                        "sensorium train clip --config configs/train/builtin.json --data out/data --out out/clip"};

}  // namespace

int run_train_clip(const std::vector<std::string>& words) {
  return run_train_command(kInfo, words, train_clip);
}

}  // namespace sensorium
