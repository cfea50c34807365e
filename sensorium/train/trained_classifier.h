#pragma once
// A classifier in use: the folder that `train classifier` leaves, and the items it is asked about.

#include "sensorium/train/classifier_data.h"
#include "sensorium/train/classifier_model.h"
#include "sensorium/train/modality_corruption.h"

namespace sensorium {

/// A tokenizer a modality; none where it is no text.
using ModalityTokenizers = std::vector<std::shared_ptr<const Tokenizer>>;

void tokenize(ClassifierData& data, const ModalityTokenizers& tokenizers, const ClassifierConfig& config);
/// Into and out of "tokenizer_NAME" folders beside the model.
void save_tokenizers(const ModalityTokenizers& tokenizers, const ClassifierConfig& config, const fs::path& folder);
ModalityTokenizers load_tokenizers(const ClassifierConfig& config, const fs::path& folder);

/// (N, classes) logits and (N, width) joint representations of N rows in float32, without gradients; `corruptions`,
/// where not empty, has one for each modality.
ClassifierModel::Result answer(const ClassifierModel& model, const ClassifierData& data,
                               const std::vector<int64_t>& rows,
                               const std::vector<ModalityCorruption>& corruptions = {});

/// Items by name: rows of a table whose modalities are open and tokenized.
struct ClassifierItems {
  std::vector<int64_t> rows;
  std::vector<std::string> ids;  // of each of `rows`
  ClassifierData data;           // of the whole table
};

/// Which rows of a table are meant, and how they are called.
struct ItemChoice {
  std::string label;                // column of classes; empty: none is needed
  std::string split_column, split;  // an empty split: all rows
  std::string id;                   // column of names; empty: numbers from 1
};

/// Thread-safe to read.
class TrainedClassifier {
 public:
  /// `sources` ("NAME=SOURCE") stand for the sources the model was trained on; the modalities `without` are looked for
  /// nowhere, so that every item lacks them. Throws InputError naming the file at fault, UsageError for names that are
  /// no modality of the model.
  explicit TrainedClassifier(const fs::path& folder, const std::vector<std::string>& sources = {},
                             const std::vector<std::string>& without = {});

  /// With the sources that were asked for; empty ones for what is looked for nowhere.
  const ClassifierConfig& config() const { return config_; }
  /// Throws InputError for what cannot be read, widths of features that are not the model's, and labels it does not
  /// know.
  ClassifierItems open(const ItemTable& table, const ItemChoice& choice) const;
  /// As `answer`.
  ClassifierModel::Result operator()(const ClassifierItems& items,
                                     const std::vector<ModalityCorruption>& corruptions = {}) const {
    return answer(model_, items.data, items.rows, corruptions);
  }

 private:
  ModalitySpec& modality(const std::string& name);

  ClassifierModel model_;
  ClassifierConfig config_;
  ModalityTokenizers tokenizers_;
};

/// (N, classes) in float64, rows sum to 1.
torch::Tensor probabilities_of(const ClassifierModel::Result& result);

/// Names of the modalities that the item in a row of the table lacks.
std::vector<std::string> missing_modalities(const ClassifierData& data, int64_t row);

}  // namespace sensorium
