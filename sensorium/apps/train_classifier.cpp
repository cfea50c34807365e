#include "sensorium/apps/train_classifier.h"

#include "sensorium/train/classifier_trainer.h"

#include <cstdio>

namespace sensorium {
namespace {

const CommandInfo kInfo{"sensorium train classifier",
                        "Trains networks that tell classes from any set of modalities: an encoder for each (MLP, CNN, "
                        "GRU or LSTM), a fusion\n"
                        "and a joint layer. Items may lack modalities, in training and in use. An interrupted run is "
                        "continued by the same\n"
                        "command; `sensorium train predict` uses the result.",
                        "sensorium train classifier --data items.csv --modality photo=picture:image "
                        "voice=sound:recording words=text:caption \\\n"
                        "    --fusion gated --out out/classifier\n"
                        "sensorium train classifier --data items.csv --modality photo=features:photos.npy "
                        "voice=sound:recording@gru --out out/c"};

}  // namespace

int run_train_classifier(const std::vector<std::string>& words) {
  ClassifierTrainOptions options;
  OptionSet set = OptionSet::of(options);
  if (!parse_command_line(kInfo, set, words)) return 0;
  const TrainSummary summary = train_classifier(options);
  const OrderedJson json = {{"best", summary.best.string()},
                            {"steps", summary.steps},
                            {"best_step", summary.best_step},
                            {"validation", summary.best_validation}};
  fmt::print("{}\n", json.dump(2));
  return 0;
}

}  // namespace sensorium
