#include "sensorium/apps/train_blip.h"

#include "sensorium/train/blip_trainer.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{
    "sensorium train blip",
    "Trains BLIP on a prepared data folder: a captioner, a matching model, or both at once (pretrain), from fresh\n"
    "weights or from a BLIP folder of any kind. An interrupted run is continued by the same command.",
    "sensorium train blip --task caption --model configs/models/blip_tiny.json --vocab-size 2000 --data out/data --out "
    "out/captioner --lr 1e-3\n"
    "sensorium train blip --task retrieval --init out/pretrained --data out/data --out out/matcher"};

}  // namespace

int run_train_blip(const std::vector<std::string>& words) {
  BlipTrainOptions options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const TrainSummary summary = train_blip(options);
  const OrderedJson json = {{"best", summary.best.string()},
                            {"steps", summary.steps},
                            {"best_step", summary.best_step},
                            {"validation", summary.best_validation}};
  fmt::print("{}\n", json.dump(2));
  return 0;
}

}  // namespace sensorium
