#pragma once
// Pictures and captions of a prepared data set as two views: a row a caption, with its picture's features beside it.

#include "sensorium/apps/retrieval_run.h"
#include "sensorium/classic/rows.h"

#include <memory>

namespace sensorium {

/// Where pairs come from.
struct PairPlan {
  std::string data, split = "train", picture_encoder, text_encoder;
  std::vector<std::string> languages;
  int batch_size = 32, threads = 0;
  /// All but the threads; `role` is what pictures and captions are to the command ("views").
  void describe(OptionSet& o, const std::string& role);
};

/// Both views of a split. The rows refer to the features kept here.
struct FeaturePairs {
  std::shared_ptr<const EmbeddedSplit> split;
  std::unique_ptr<classic::RowSource> pictures, texts;
};

/// Throws UsageError where an encoder is missing or knows the wrong thing.
FeaturePairs embed_pairs(const PairPlan& plan, const std::string& operation);

/// The scale of cosines under which pairs among others are most likely (the contrastive loss at its smallest), from up
/// to 512 pairs of coordinates.
double fit_logit_scale(const classic::Matrix& a, const classic::Matrix& b);

}  // namespace sensorium
