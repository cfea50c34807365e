#pragma once
// Definitions of image_classifier.h for any tensor type whose op set was included before.

#include "sensorium/models/image_classifier.h"
#include "sensorium/models/weight_io.h"

namespace sensorium {

template <class T>
ImageClassifier<T> make_empty_image_classifier(const ImageClassifierConfig& config, const std::string& source) {
  ImageClassifier<T> m;
  m.config = config;
  if (const auto* c = std::get_if<VitConfig>(&config.tower))
    m.tower = make_vit<T>(*c, source);
  else
    m.tower = make_resnet<T>(std::get<ResNetConfig>(config.tower), source);
  return m;
}

template <class T>
void describe(ImageClassifier<T>& m, WeightVisitor<T>& v) {
  const bool bare = m.config.labels.empty(), vit = std::holds_alternative<Vit<T>>(m.tower);
  const std::string prefix = bare ? "" : vit ? "vit." : "resnet.";
  std::visit([&](auto& tower) { describe(tower, Layout::hugging_face, prefix, v); }, m.tower);
  if (bare) return;
  describe_linear(v, m.config.head(), m.classifier, static_cast<int64_t>(m.config.labels.size()),
                  m.config.feature_width(), Init::normal(0.02));
}

template <class T>
T classify_pixels(const ImageClassifier<T>& m, const T& pixels, const Capture<T>& capture) {
  const T pooled = std::visit([&](const auto& tower) { return pool_pixels(tower, pixels, capture); }, m.tower);
  if (m.config.labels.empty()) throw InputError("classify", "expected a model with labels, got a bare tower");
  return linear(pooled, m.classifier);
}

template <class T>
void prepare_classifier(ImageClassifier<T>& m) {
  PrepareVisitor<T> v;
  describe(m, v);
}

template <class T>
ImageClassifier<T> load_image_classifier(const fs::path& folder) {
  const std::string source = (folder / "config.json").string();
  ImageClassifierConfig config = parse_image_classifier_config(read_json(source), source);
  WeightSource weights(folder, source);
  if (auto* vit = std::get_if<VitConfig>(&config.tower))
    vit->has_pooler = config.labels.empty() && weights.contains_layer("pooler.dense");
  ImageClassifier<T> m = make_empty_image_classifier<T>(config, source);
  ReadyVisitor<T> load(weights);
  describe(m, load);
  weights.check_all_read();
  return m;
}

template <class T>
ImageClassifier<T> make_image_classifier(const ImageClassifierConfig& config, uint64_t seed) {
  ImageClassifier<T> m = make_empty_image_classifier<T>(config, "config");
  FreshVisitor<T> fresh(seed);
  describe(m, fresh);
  prepare_classifier(m);
  return m;
}

template <class T>
void save_image_classifier(const ImageClassifier<T>& model, const fs::path& folder) {
  ImageClassifier<T> m = model;
  WeightSink sink;
  SaveVisitor<T> save(sink);
  describe(m, save);
  sink.write(folder, Layout::hugging_face);
  write_file(folder / "config.json", to_json(m.config).dump(2) + "\n");
}

}  // namespace sensorium
