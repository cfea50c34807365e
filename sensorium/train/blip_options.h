#pragma once
// What `sensorium train blip` can be told.

#include "sensorium/base/options.h"
#include "sensorium/io/augment.h"
#include "sensorium/models/blip/blip_config.h"
#include "sensorium/train/train_loop.h"

#include <algorithm>

namespace sensorium {

/// Options of a run; see the help texts. Values are checked by `check`, not by the trainer.
struct BlipTrainOptions : LoopOptions {
  std::string data, train_split = "train", val_split = "val";
  std::vector<std::string> languages;

  std::string task = "caption";
  std::string model, init, tokenizer;
  int64_t vocab_size = 0;
  std::string image_tower, text_tower;
  bool freeze_image = false;
  int64_t feature_views = 1;
  double feature_dropout = 0;
  int64_t lora_rank = 0;
  double lora_alpha = 16;
  std::string cache;

  std::string prompt;
  int64_t max_tokens = 40;
  int64_t captions_per_picture = 1;
  double label_smoothing = 0.1, dropout = 0.1;
  double momentum = 0.995, distillation = 0.4;
  int64_t queue_size = 4096;
  double random_mismatches = 0;
  bool balance_matching = false, calibrate_matching = false;
  std::string keep = "recall";
  int64_t closed_answers = 0;

  AugmentOptions augment = {.scale_min = 0.5};
  int64_t cache_mib = 1024;
  int64_t validation_pictures = 0, validation_beams = 1, validation_tokens = 20;

  /// How many of so many pictures a validation looks at.
  int64_t validated_of(int64_t pictures) const {
    return validation_pictures > 0 ? std::min(pictures, validation_pictures) : pictures;
  }
  /// The paper's own for fine-tuning, with a batch that fits a small machine.
  BlipTrainOptions();
  void describe(OptionSet& o);
  /// Throws UsageError for options that contradict each other.
  void check() const;
  BlipKind kind() const;
  fs::path cache_folder() const { return cache.empty() ? fs::path(out) / "cache" : fs::path(cache); }
  bool writes() const { return task == "caption" || task == "pretrain"; }
  bool contrasts() const { return task == "retrieval" || task == "pretrain"; }
  bool answers() const { return task == "vqa"; }
};

}  // namespace sensorium
