#include "sensorium/apps/train_blip.h"

#include "sensorium/apps/train_run.h"
#include "sensorium/train/blip_trainer.h"

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
  return run_train_command(kInfo, words, train_blip);
}

}  // namespace sensorium
