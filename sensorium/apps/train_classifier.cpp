#include "sensorium/apps/train_classifier.h"

#include "sensorium/apps/train_run.h"
#include "sensorium/train/classifier_trainer.h"

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
  return run_train_command(kInfo, words, train_classifier);
}

}  // namespace sensorium
