#pragma once
// What an evaluation found for each item, kept so that two runs can be compared: JSON lines. The first is a header
// {"format": "sensorium items", "version": 1, "task": ..., "classes": [...], ...}; then one object an item: {"id": ...,
// "figures": {"correct": 1, ...}}, for classification with "label" and "scores" (one a class, in their order).

#include "sensorium/base/json.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sensorium {

struct EvaluatedItem {
  std::string id;
  std::map<std::string, double> figures;
  std::string label;           // of classification
  std::vector<double> scores;  // of classification
};

/// Nothing appears before `commit`. Not thread-safe.
class ItemWriter {
 public:
  /// `header` gets "format" and "version" in front. Throws EnvironmentError when the folder cannot be written.
  ItemWriter(const fs::path& file, const OrderedJson& header);
  void add(const EvaluatedItem& item);
  void commit();

 private:
  std::unique_ptr<AtomicFile> file_;
};

struct ItemFile {
  Json header;
  std::string task;
  std::vector<std::string> classes;  // empty unless it is of classification
  std::vector<EvaluatedItem> items;
};

/// Throws InputError naming file and line for what is not such a file, ids that stand twice, scores that are not
/// finite or not one a class, and for no items.
ItemFile read_items(const fs::path& file);

}  // namespace sensorium
