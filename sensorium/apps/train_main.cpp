// sensorium-train: what needs LibTorch. `sensorium train ...`, `sensorium verify --tensor torch`, and `classify` and
// `embed` of trained classifiers run it.

#include "sensorium/apps/command.h"
#include "sensorium/apps/train_blip.h"
#include "sensorium/apps/train_classifier.h"
#include "sensorium/apps/train_clip.h"
#include "sensorium/apps/train_items.h"
#include "sensorium/apps/train_verify.h"

using namespace sensorium;

int main(int argc, char** argv) {
  const Program program{
      "sensorium-train",
      "The training half of Sensorium.",
      {{"train clip", "train a dual encoder of pictures and texts", run_train_clip},
       {"train blip", "train a captioner or a matching model", run_train_blip},
       {"train classifier", "train networks that tell classes from several modalities", run_train_classifier},
       {"train predict", "what a trained classifier says of the items of a table", run_train_predict},
       {"classify", "what a trained classifier says of items", run_train_classify},
       {"embed", "a trained classifier's joint representations of items", run_train_embed},
       {"verify", "run reference cases on LibTorch", run_train_verify}}};
  return run_program(program, argc, argv);
}
