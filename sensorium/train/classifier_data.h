#pragma once
// The items of a classifier's training or use: labels, and each modality's inputs.

#include "sensorium/train/modality_data.h"

namespace sensorium {

struct ClassifierData {
  std::vector<ModalityData> modalities;
  std::vector<int64_t> labels;  // of each row of the table; -1: none of the classes. Empty where none were asked for

  /// A batch of each modality.
  std::vector<ModalityBatch> batch(const std::vector<int64_t>& items) const;
};

/// Rows of the table whose column `split` says so; all of them where `split` is empty. Throws InputError for none.
std::vector<int64_t> rows_of_split(const ItemTable& table, const std::string& column, const std::string& split);

/// The different labels of rows, in order of their bytes.
std::vector<std::string> classes_of(const ItemTable& table, const std::string& column,
                                    const std::vector<int64_t>& rows);

/// Opens each modality of the config and numbers the labels in the column `label` by its classes; no labels where the
/// column's name is empty. Texts stay to be tokenized.
ClassifierData load_classifier_data(const ItemTable& table, const std::string& label, const ClassifierConfig& config);

}  // namespace sensorium
