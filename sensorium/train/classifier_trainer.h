#pragma once
// Training of a classifier over any set of modalities.

#include "sensorium/train/classifier_options.h"

namespace sensorium {

/// Trains as the options say and writes to `options.out` what `run_training` writes; best/ has the highest validation
/// accuracy. Each validation also tells the accuracy with each modality hidden. Throws UsageError for contradictory
/// options, InputError for bad data.
TrainSummary train_classifier(ClassifierTrainOptions options);

/// A trained classifier's answers for items of a table.
struct ClassifierAnswers {
  std::vector<std::string> classes;
  std::vector<int64_t> rows;  // of the table
  std::vector<std::string> ids;
  std::vector<int64_t> labels;  // the classes' numbers
  torch::Tensor probabilities;  // (N, classes) double
  torch::Tensor joint;          // (N, width) float: the representation before the last layer
};

/// Reads the folder of a checkpoint and answers for the items of one split, as if they lacked the modalities `without`.
/// `id` is the column that names items; empty: their numbers from 1. `sources` ("NAME=SOURCE") stand for the sources
/// that the model was trained on. Throws InputError for labels the model does not know, UsageError for names that are
/// no modality of it.
struct AnswerOptions {
  std::string model, data, label = "label", split_column = "split", split = "test", id;
  std::vector<std::string> sources, without;
};
ClassifierAnswers classify_items(const AnswerOptions& options);

}  // namespace sensorium
