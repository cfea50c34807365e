#include "sensorium/serve/model/label_embeddings.h"

#include "sensorium/eval/probability.h"
#include "sensorium/eval/similarity.h"

#include <cmath>

namespace sensorium {
namespace {

std::string fill(const std::string& pattern, const std::string& label) {
  const size_t at = pattern.find("{}");
  if (at == std::string::npos)
    throw UsageError("sensorium classify", "expected {{}} in the template for the label, got \"{}\"", pattern);
  return pattern.substr(0, at) + label + pattern.substr(at + 2);
}

void normalise(std::span<float> row) {
  double sum = 0;
  for (const float x : row) sum += static_cast<double>(x) * static_cast<double>(x);
  const double length = std::sqrt(sum);
  if (length == 0) return;
  for (float& x : row) x = static_cast<float>(static_cast<double>(x) / length);
}

}  // namespace

std::vector<float> embed_labels(const Embedder& model, std::span<const std::string> labels,
                                std::span<const std::string> templates, int batch_size) {
  std::vector<std::string> texts;
  for (const auto& label : labels)
    for (const auto& pattern : templates) texts.push_back(fill(pattern, label));
  const std::vector<float> all = embed_all_texts(model, texts, batch_size);
  const auto width = static_cast<size_t>(model.width);
  std::vector<float> rows(labels.size() * width);
  for (size_t l = 0; l < labels.size(); ++l) {
    const std::span row(&rows[l * width], width);
    for (size_t t = 0; t < templates.size(); ++t)
      for (size_t d = 0; d < width; ++d) row[d] += all[(l * templates.size() + t) * width + d];
    normalise(row);
  }
  return rows;
}

std::vector<double> label_probabilities(std::span<const float> picture, std::span<const float> labels,
                                        const LogitRule& rule) {
  std::vector<double> logits(labels.size() / picture.size());
  dot_all(picture, {labels, static_cast<int64_t>(picture.size())}, logits);
  for (double& x : logits) x = rule.scale * x + rule.bias;
  return rule.pairwise ? sigmoid(logits) : softmax(logits);
}

std::vector<std::string> read_labels(const std::string& list_or_file) {
  std::vector<std::string> labels;
  std::error_code ignored;
  if (fs::is_regular_file(list_or_file, ignored)) {
    labels = read_lines(list_or_file);
  } else {
    for (size_t at = 0; at <= list_or_file.size();) {
      const size_t end = std::min(list_or_file.find(',', at), list_or_file.size());
      std::string label = list_or_file.substr(at, end - at);
      const size_t first = label.find_first_not_of(" \t"), last = label.find_last_not_of(" \t");
      if (first != std::string::npos) labels.push_back(label.substr(first, last - first + 1));
      at = end + 1;
    }
  }
  if (labels.empty())
    throw UsageError("sensorium classify", "expected --labels a,b,c or a file with a label a line, got \"{}\"",
                     list_or_file);
  return labels;
}

}  // namespace sensorium
