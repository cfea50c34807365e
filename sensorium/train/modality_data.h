#pragma once
// Items as a table tells them, and one modality's inputs of all of them.

#include "sensorium/io/npy.h"
#include "sensorium/text/tokenizer.h"
#include "sensorium/train/classifier_config.h"

#include <torch/types.h>

#include <memory>
#include <optional>

namespace sensorium {

/// A table with a header; every row has as many fields.
struct ItemTable {
  fs::path file;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  int64_t size() const { return static_cast<int64_t>(rows.size()); }
  /// Throws InputError naming the columns there are.
  size_t column(const std::string& name) const;
};

/// Reads .csv (commas) or .tsv (tabs). Memory grows with the file. Throws InputError naming file and row for rows with
/// other numbers of fields and for tables without rows.
ItemTable read_item_table(const fs::path& file);

/// One modality's inputs of a batch of B items, padded to the longest. Items that lack it have zeros.
struct ModalityBatch {
  torch::Tensor values;   // (B, 3, S, S) bytes of pictures; (B, T) ids of texts; (B, T, C) float of sounds and features
  torch::Tensor mask;     // (B, T) float: 1 where there is something; (B, 1) for pictures
  torch::Tensor present;  // (B) float: 1 for items that have it
};

/// Feature tables stay in their file, whose rows of three dimensions are sequences; an item with a NaN in its row lacks
/// the modality. Everything else is decoded once and kept: 3 S^2 bytes a picture, 4 * bands a 20 ms of sound, 8 a
/// token. Thread-safe to read.
class ModalityData {
 public:
  /// Texts are left as they are until `tokenize`. Without a source every item lacks the modality. Throws InputError
  /// naming the file for what cannot be decoded, and for features that have not a row an item.
  ModalityData(const ModalitySpec& spec, const ClassifierConfig& config, const ItemTable& table);
  void tokenize(const Tokenizer& tokenizer, int64_t max_tokens);
  const std::vector<std::string>& texts() const { return texts_; }  // empty: missing
  /// Columns of features, 0 for other kinds and without a source.
  int64_t feature_columns() const { return columns_; }
  const std::string& name() const { return spec_.name; }
  bool present(int64_t item) const;
  /// One item: (3, S, S), (T) or (T, C); undefined where it is missing.
  torch::Tensor item(int64_t i) const;
  ModalityBatch batch(const std::vector<int64_t>& items) const;

 private:
  ModalitySpec spec_;
  std::vector<std::string> texts_;
  std::vector<torch::Tensor> items_;
  std::shared_ptr<NpyFile> features_;
  std::vector<uint8_t> features_present_;
  int64_t columns_ = 0, steps_ = 1;
};

}  // namespace sensorium
