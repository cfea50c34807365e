#pragma once
// What `sensorium train classifier` can be told.

#include "sensorium/train/classifier_config.h"
#include "sensorium/train/train_loop.h"

namespace sensorium {

struct ClassifierTrainOptions : LoopOptions {
  std::string data, label = "label", split = "split", train_split = "train", val_split = "val";
  std::vector<std::string> modalities;
  std::string fusion = "concatenate";
  int64_t width = 128, hidden = 256, tensor_rank = 8, bottleneck_tokens = 4, heads = 4;
  double dropout = 0.3, modality_dropout = 0.2, label_smoothing = 0;
  int64_t image_size = 64, mel_bands = 64, vocab_size = 4000, max_tokens = 64;
  double sound_seconds = 5;

  ClassifierTrainOptions();
  void describe(OptionSet& o);
  /// Throws UsageError for values that contradict each other, and for modalities written wrong.
  void check() const;
  /// The model they ask for, without what the data decides (classes, widths of features).
  ClassifierConfig config() const;
};

}  // namespace sensorium
