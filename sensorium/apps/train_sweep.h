#pragma once
// What noise, blur and missing modalities cost a trained classifier.

#include "sensorium/apps/classification_result.h"
#include "sensorium/train/trained_classifier.h"

namespace sensorium {

struct SweepOptions {
  std::vector<double> noise = {0.1, 0.2, 0.4, 0.8}, blur = {1, 2, 4};
  int bootstrap = 1000;
  uint64_t seed = 0;
};

/// The items once, with one modality made worse.
struct SweepRow {
  std::string condition, modality, kind;  // "photo noise 0.1", "photo", "noise"; the first row: "as it is", "", ""
  double amount = 0;
  int64_t items = 0;  // that have the modality; of the first row: all
  ClassificationResult result;
};

/// First as it is; then each modality that an item has: missing from all, with noise of each strength, and blurred
/// where it is a picture (units: `corrupt`). The items have labels.
std::vector<SweepRow> sweep_modalities(const TrainedClassifier& model, const ClassifierItems& items,
                                       const SweepOptions& options);

std::string to_table(const std::vector<SweepRow>& rows);
/// {"conditions": [{"condition", "modality", "kind", "amount", "items", ...to_metrics}]}
OrderedJson to_json(const std::vector<SweepRow>& rows);

}  // namespace sensorium
