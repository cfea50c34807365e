#pragma once
// Items that a trained classifier is asked about, by `classify` and `embed`.

#include "sensorium/base/options.h"
#include "sensorium/train/trained_classifier.h"

namespace sensorium {

/// Where items come from: the words of a command line, or a table.
struct ItemWords {
  std::string model, data, split, split_column = "split", id, text, sound;
  std::vector<std::string> pictures, features, sources, without;
  void describe(OptionSet& o);
};

struct AskedItems {
  TrainedClassifier model;
  ClassifierItems items;
};

/// Of a table, the rows of a split. Of words, an item a picture, or a row of features, or one; a text and a sound
/// belong to all of them. What no word is said for is missing. Throws UsageError, in the name of `operation`, for words
/// of a kind that the model has not or has several of, and where nothing is asked about; InputError for what cannot be
/// read.
AskedItems ask_items(const std::string& operation, const ItemWords& words);

/// `sensorium classify` of a trained classifier: each item's labels, and what it lacks. Returns 0, or throws.
int run_train_classify(const std::vector<std::string>& words);

/// `sensorium embed` of a trained classifier: joint representations as `embed` writes vectors. Returns 0, or throws.
int run_train_embed(const std::vector<std::string>& words);

}  // namespace sensorium
