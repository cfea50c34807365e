#include "sensorium/train/trained_classifier.h"

#include "sensorium/base/error.h"

#include <torch/torch.h>

#include <algorithm>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kEvaluationBatch = 64;

fs::path tokenizer_folder(const fs::path& folder, const ModalitySpec& m) {
  return folder / ("tokenizer_" + m.name);
}

}  // namespace

void tokenize(ClassifierData& data, const ModalityTokenizers& tokenizers, const ClassifierConfig& config) {
  for (size_t m = 0; m < tokenizers.size(); ++m)
    if (tokenizers[m]) data.modalities[m].tokenize(*tokenizers[m], config.max_tokens);
}

void save_tokenizers(const ModalityTokenizers& tokenizers, const ClassifierConfig& config, const fs::path& folder) {
  for (size_t m = 0; m < tokenizers.size(); ++m)
    if (tokenizers[m]) tokenizers[m]->save(tokenizer_folder(folder, config.modalities[m]));
}

ModalityTokenizers load_tokenizers(const ClassifierConfig& config, const fs::path& folder) {
  ModalityTokenizers tokenizers;
  for (const ModalitySpec& m : config.modalities)
    tokenizers.emplace_back(m.kind == "text" ? load_tokenizer(tokenizer_folder(folder, m)) : nullptr);
  return tokenizers;
}

ClassifierModel::Result answer(const ClassifierModel& model, const ClassifierData& data,
                               const std::vector<int64_t>& rows, const std::vector<ModalityCorruption>& corruptions) {
  torch::NoGradGuard no_grad;
  std::vector<Tensor> logits, joint;
  for (size_t first = 0; first < rows.size(); first += kEvaluationBatch) {
    const size_t end = std::min(rows.size(), first + kEvaluationBatch);
    const std::vector<int64_t> items(rows.begin() + static_cast<std::ptrdiff_t>(first),
                                     rows.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<ModalityBatch> batch = data.batch(items);
    for (size_t m = 0; m < corruptions.size(); ++m) {
      const ModalitySpec& spec = model.config().modalities[m];
      corrupt(corruptions[m], spec, model.deviation(spec), items, batch[m]);
    }
    const ClassifierModel::Result result = model(batch, 0, false);
    logits.push_back(result.logits.to(torch::kFloat));
    joint.push_back(result.joint.to(torch::kFloat));
  }
  return {torch::cat(logits), torch::cat(joint)};
}

TrainedClassifier::TrainedClassifier(const fs::path& folder, const std::vector<std::string>& sources,
                                     const std::vector<std::string>& without)
    : model_(folder), config_(model_.config()), tokenizers_(load_tokenizers(config_, folder)) {
  for (const std::string& text : sources) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals + 1 == text.size())
      throw UsageError("classifier", "expected NAME=SOURCE, got \"{}\"", text);
    modality(text.substr(0, equals)).source = text.substr(equals + 1);
  }
  for (const std::string& name : without) modality(name).source.clear();
}

ModalitySpec& TrainedClassifier::modality(const std::string& name) {
  std::vector<std::string> names;
  for (ModalitySpec& m : config_.modalities) {
    if (m.name == name) return m;
    names.push_back(m.name);
  }
  throw UsageError("classifier", "expected a modality of the model, {}, got \"{}\"", fmt::join(names, ", "), name);
}

ClassifierItems TrainedClassifier::open(const ItemTable& table, const ItemChoice& choice) const {
  ClassifierItems out{rows_of_split(table, choice.split_column, choice.split), {}, {}};
  const size_t id_column = choice.id.empty() ? 0 : table.column(choice.id);
  out.data = load_classifier_data(table, choice.label, config_);
  for (const int64_t i : out.rows) {
    const std::vector<std::string>& row = table.rows[static_cast<size_t>(i)];
    out.ids.push_back(choice.id.empty() ? std::to_string(i + 1) : row[id_column]);
    if (!choice.label.empty() && out.data.labels[static_cast<size_t>(i)] < 0)
      throw InputError("classifier", "{}: expected a label that the model knows in item {}, got \"{}\"",
                       table.file.string(), i + 1, row[table.column(choice.label)]);
  }
  for (size_t m = 0; m < config_.modalities.size(); ++m) {
    const ModalitySpec& spec = config_.modalities[m];
    const int64_t columns = out.data.modalities[m].feature_columns();
    if (spec.kind == "features" && !spec.source.empty() && columns != spec.inputs)
      throw InputError("classifier", "{}: expected {} columns, got {}", spec.source, spec.inputs, columns);
  }
  tokenize(out.data, tokenizers_, config_);
  return out;
}

Tensor probabilities_of(const ClassifierModel::Result& result) {
  return result.logits.to(torch::kDouble).softmax(1);
}

std::vector<std::string> missing_modalities(const ClassifierData& data, int64_t row) {
  std::vector<std::string> names;
  for (const ModalityData& m : data.modalities)
    if (!m.present(row)) names.push_back(m.name());
  return names;
}

}  // namespace sensorium
