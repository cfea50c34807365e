#include "sensorium/models/image_classifier.h"

#include "sensorium/models/config_files.h"

namespace sensorium {
namespace {

std::vector<std::string> read_labels(const Json& json, const std::string& source) {
  const auto names = json.find("id2label");
  if (names == json.end() || !names->is_object()) {
    const auto n = json_get_or<int64_t>(json, "num_labels", 2, source);  // transformers' default
    if (n < 1 || n > (1 << 24)) throw InputError("config", "{}: expected num_labels of at least 1, got {}", source, n);
    std::vector<std::string> labels;
    for (int64_t i = 0; i < n; ++i) labels.push_back("LABEL_" + std::to_string(i));
    return labels;
  }
  std::vector<std::string> labels;
  for (size_t i = 0; i < names->size(); ++i)
    labels.push_back(json_get<std::string>(*names, std::to_string(i), source + ": id2label"));
  return labels;
}

template <class Config>
Config read_fields(const Json& json, const std::string& source) {
  Config config;
  ConfigFields fields = ConfigFields::reader(json, source);
  config.describe(fields);
  return config;
}

}  // namespace

int64_t ImageClassifierConfig::feature_width() const {
  if (const auto* vit = std::get_if<VitConfig>(&tower)) return vit->output_width();
  return std::get<ResNetConfig>(tower).hidden_sizes.back();
}

ImageClassifierConfig parse_image_classifier_config(const Json& json, const std::string& source) {
  ImageClassifierConfig config;
  std::string architecture;
  if (const auto it = json.find("architectures"); it != json.end() && it->is_array() && !it->empty())
    architecture = it->front().is_string() ? it->front().get<std::string>() : "";
  const auto type = json_get<std::string>(json, "model_type", source);
  const bool vit = type == "vit" && (architecture == "ViTForImageClassification" || architecture == "ViTModel");
  const bool resnet =
      type == "resnet" && (architecture == "ResNetForImageClassification" || architecture == "ResNetModel");
  if (!vit && !resnet)
    throw InputError("config",
                     "{}: expected ViTForImageClassification, ViTModel, ResNetForImageClassification or ResNetModel in "
                     "\"architectures\", got model_type \"{}\" with \"{}\"",
                     source, type, architecture);
  if (vit)
    config.tower = read_fields<VitConfig>(json, source);
  else
    config.tower = read_fields<ResNetConfig>(json, source);
  if (architecture.ends_with("ForImageClassification")) config.labels = read_labels(json, source);
  return config;
}

OrderedJson to_json(const ImageClassifierConfig& config) {
  const bool vit = std::holds_alternative<VitConfig>(config.tower), labels = !config.labels.empty();
  OrderedJson json = vit ? config_head(labels ? "ViTForImageClassification" : "ViTModel", "vit")
                         : config_head(labels ? "ResNetForImageClassification" : "ResNetModel", "resnet");
  std::visit(
      [&](auto tower) {
        ConfigFields fields = ConfigFields::writer(json);
        tower.describe(fields);
      },
      config.tower);
  if (labels) {
    json["id2label"] = OrderedJson::object();
    json["label2id"] = OrderedJson::object();
  }
  for (size_t i = 0; i < config.labels.size(); ++i) {
    json["id2label"][std::to_string(i)] = config.labels[i];
    json["label2id"][config.labels[i]] = i;
  }
  return json;
}

}  // namespace sensorium
