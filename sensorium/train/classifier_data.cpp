#include "sensorium/train/classifier_data.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <set>

namespace sensorium {

std::vector<ModalityBatch> ClassifierData::batch(const std::vector<int64_t>& items) const {
  std::vector<ModalityBatch> out;
  for (const ModalityData& m : modalities) out.push_back(m.batch(items));
  return out;
}

std::vector<int64_t> rows_of_split(const ItemTable& table, const std::string& column, const std::string& split) {
  std::vector<int64_t> rows;
  const size_t at = split.empty() ? 0 : table.column(column);
  for (int64_t i = 0; i < table.size(); ++i)
    if (split.empty() || table.rows[static_cast<size_t>(i)][at] == split) rows.push_back(i);
  if (rows.empty())
    throw InputError("classifier", "{}: expected items of split \"{}\", got none", table.file.string(), split);
  return rows;
}

std::vector<std::string> classes_of(const ItemTable& table, const std::string& column,
                                    const std::vector<int64_t>& rows) {
  const size_t at = table.column(column);
  std::set<std::string> found;
  for (const int64_t i : rows) {
    const std::string& label = table.rows[static_cast<size_t>(i)][at];
    if (label.empty())
      throw InputError("classifier", "{}: expected a label in item {}, got none", table.file.string(), i + 1);
    found.insert(label);
  }
  if (found.size() < 2)
    throw InputError("classifier", "{}: expected at least 2 classes, got {}", table.file.string(), found.size());
  return {found.begin(), found.end()};
}

ClassifierData load_classifier_data(const ItemTable& table, const std::string& label, const ClassifierConfig& config) {
  ClassifierData data;
  for (const ModalitySpec& m : config.modalities) data.modalities.emplace_back(m, config, table);
  if (label.empty()) return data;
  const size_t at = table.column(label);
  for (const std::vector<std::string>& row : table.rows) {
    const auto found = std::lower_bound(config.classes.begin(), config.classes.end(), row[at]);
    const bool known = found != config.classes.end() && *found == row[at];
    data.labels.push_back(known ? found - config.classes.begin() : -1);
  }
  return data;
}

}  // namespace sensorium
