#pragma once
// Classifiers of several modalities' features, and how much each modality says alone.

#include "sensorium/apps/feature_views.h"
#include "sensorium/serve/model/feature_model.h"

#include <optional>

namespace sensorium {

/// Items with a class: a row an item in each view.
struct FuseItems {
  PartialViews views;
  Labels labels;
  std::vector<std::string> ids;
};

/// What made a view, kept with the model so that `classify` makes it again.
struct FuseView {
  std::string name;
  std::string encoder;  // a checkpoint folder; empty: features that came as they are, or
  bool sound = false;   // sound_features
};

struct FuseInput {
  std::vector<std::string> names;  // of the views
  std::vector<FuseView> kinds;     // of the views, or empty: features as they are
  FuseItems train;
  std::optional<FuseItems> test;  // whose labels are numbered by the training items' classes
};

struct FuseSettings {
  std::string method = "early";  // "early", "late" or "stacking"
  std::vector<double> c = {1};   // of several, folds choose (choose_penalty)
  std::vector<double> weights;   // of late; empty: learnt
  int folds = 5;
  uint64_t seed = 0;
  bool raw = false;
};

/// The model, whose facts say its accuracy, each view's alone, and the fusion's with each view missing; and the class
/// probabilities (N x K) of the judged items, those for testing or, without any, the training items.
struct FusedClassifier {
  FeatureModel model;
  classic::Matrix probabilities;
};

/// Throws InputError for a view that no training item has, and as choose_penalty does.
FusedClassifier fit_fused_classifier(const FuseInput& input, const FuseSettings& settings);

}  // namespace sensorium
