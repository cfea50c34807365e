#include "sensorium/apps/train_items.h"

#include "sensorium/data/pictures.h"

#include <algorithm>

namespace sensorium {
namespace {

constexpr const char* kIdColumn = "id";

/// The name of the model's one modality of a kind.
const std::string& only_modality(const std::string& operation, const ClassifierConfig& config,
                                 const std::string& kind) {
  const auto is_kind = [&](const ModalitySpec& m) { return m.kind == kind; };
  const auto count = std::count_if(config.modalities.begin(), config.modalities.end(), is_kind);
  if (count != 1)
    throw UsageError(operation, "expected no {}, or --data, with a model of {} modalities of that kind, got one", kind,
                     count);
  return std::find_if(config.modalities.begin(), config.modalities.end(), is_kind)->name;
}

/// A row an item: its name alone.
ItemTable name_items(const std::string& operation, const ItemWords& words) {
  ItemTable table{"the command line", {kIdColumn}, {}};
  const std::vector<fs::path> pictures = find_pictures(words.pictures);
  for (const fs::path& picture : pictures) table.rows.push_back({picture.string()});
  if (pictures.empty() && !words.pictures.empty())
    throw InputError(operation, "expected pictures in {}, got none", fmt::join(words.pictures, ", "));
  if (pictures.empty() && !words.features.empty()) {
    const std::string file = words.features[0].substr(words.features[0].find('=') + 1);
    const NpyFile rows(file);
    const int64_t count = rows.tensor().shape.empty() ? 0 : rows.tensor().shape[0];
    if (count == 0) throw InputError(operation, "{}: expected rows, got none", file);
    for (int64_t i = 0; i < count; ++i) table.rows.push_back({std::to_string(i + 1)});
  }
  if (table.rows.empty() && words.text.empty() && words.sound.empty())
    throw UsageError(operation, "expected pictures, --text, --sound, --features or --data, got none");
  if (table.rows.empty()) table.rows.push_back({words.text.empty() ? words.sound : words.text});
  return table;
}

AskedItems ask_words(const std::string& operation, const ItemWords& words) {
  const fs::path file = fs::path(words.model) / "config.json";
  const ClassifierConfig config = parse_classifier_config(read_json(file), file.string());
  ItemTable table = name_items(operation, words);
  std::vector<std::string> sources = words.features, missing = words.without;
  if (!words.pictures.empty()) sources.push_back(only_modality(operation, config, "picture") + "=" + kIdColumn);
  const auto give_all = [&](const std::string& kind, const std::string& cell) {
    if (cell.empty()) return;
    sources.push_back(only_modality(operation, config, kind) + "=" + kind);
    table.columns.push_back(kind);
    for (std::vector<std::string>& row : table.rows) row.push_back(cell);
  };
  give_all("text", words.text);
  give_all("sound", words.sound);
  for (const ModalitySpec& m : config.modalities)
    if (std::none_of(sources.begin(), sources.end(), [&](auto& s) { return s.starts_with(m.name + "="); }))
      missing.push_back(m.name);
  TrainedClassifier model(words.model, sources, missing);
  ClassifierItems items = model.open(table, {.label = "", .split_column = "", .split = "", .id = kIdColumn});
  return {std::move(model), std::move(items)};
}

}  // namespace

void ItemWords::describe(OptionSet& o) {
  o.field("model", model, "folder of a checkpoint that `train classifier` wrote: best/ of a run").required();
  o.field("pictures", pictures, "pictures, and folders of them: an item each").positional();
  o.field("text", text, "what is said of all of them");
  o.field("sound", sound, "a recording that belongs to all of them");
  o.field("features", features, "NAME=X.npy: rows of features for a modality, an item each");
  o.field("data", data, "instead of these, a table of items (.csv or .tsv with a header), read as in training");
  o.field("source", sources, "NAME=SOURCE: another column or .npy file of the table for a modality than in training");
  o.field("split_column", split_column, "column of splits");
  o.field("split", split, "split of the table; none: all items");
  o.field("id", id, "column that names items; none: their numbers in the table, from 1");
  o.field("without", without, "modalities that are not looked at");
}

AskedItems ask_items(const std::string& operation, const ItemWords& words) {
  const bool loose = !words.pictures.empty() || !words.text.empty() || !words.sound.empty() || !words.features.empty();
  if (words.data.empty()) {
    if (!words.sources.empty() || !words.split.empty() || !words.id.empty())
      throw UsageError(operation, "expected --data with --source, --split or --id, got none");
    return ask_words(operation, words);
  }
  if (loose)
    throw UsageError(operation, "expected either --data or pictures, --text, --sound and --features, got both");
  TrainedClassifier model(words.model, words.sources, words.without);
  ClassifierItems items =
      model.open(read_item_table(words.data),
                 {.label = "", .split_column = words.split_column, .split = words.split, .id = words.id});
  return {std::move(model), std::move(items)};
}

}  // namespace sensorium
