#pragma once
// What `sensorium train clip` can be told.

#include "sensorium/base/options.h"
#include "sensorium/io/augment.h"
#include "sensorium/train/train_loop.h"

namespace sensorium {

/// Options of a run; see the help texts. Values are checked by `check`, not by the trainer.
struct ClipTrainOptions : LoopOptions {
  std::string data;
  std::string train_split = "train", val_split = "val";
  std::vector<std::string> languages;
  std::string sampling = "pictures";

  std::string model, image_tower, text_tower, init;
  std::string tokenizer;
  int64_t vocab_size = 0;
  int64_t projection_dim = 512, projection_hidden_dim = 0;
  double feature_dropout = 0, hidden_dropout = 0;
  std::string text_pooling = "mean";
  std::string freeze = "none";
  int64_t feature_views = 1;
  int64_t lora_rank = 0;
  double lora_alpha = 16;

  std::string loss = "infonce";
  double margin = 0.2, mismatched = 0.5, cca_ridge = 1e-3;
  int64_t captions_per_picture = 1;
  int64_t mine_every = 0, mine_candidates = 16;

  double initial_logit_scale = 0;

  AugmentOptions augment = {.scale_min = 1.0};
  int64_t cache_mib = 1024;
  std::string cache;

  void describe(OptionSet& o);
  /// Throws UsageError for options that contradict each other.
  void check() const;
  bool freezes_image() const { return freeze == "image" || freeze == "both"; }
  fs::path cache_folder() const { return cache.empty() ? fs::path(out) / "cache" : fs::path(cache); }
  bool freezes_text() const { return freeze == "text" || freeze == "both"; }
};

}  // namespace sensorium
