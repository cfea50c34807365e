#pragma once
// Picture classifiers: ViT or ResNet with a linear layer on top, as `transformers` lays them out.

#include "sensorium/models/resnet/resnet.h"
#include "sensorium/models/vit/vit.h"
#include "sensorium/tensor/traits.h"

#include <variant>

namespace sensorium {

/// config.json of `ViTForImageClassification` or `ResNetForImageClassification`, or of a bare ViTModel or ResNetModel
/// (no labels then).
struct ImageClassifierConfig {
  std::variant<VitConfig, ResNetConfig> tower;
  std::vector<std::string> labels;  // by class

  /// Width of what pool_pixels gives.
  int64_t feature_width() const;
  /// The path of the linear layer on top, where there are labels.
  std::string head() const { return std::holds_alternative<VitConfig>(tower) ? "classifier" : "classifier.1"; }
  bool operator==(const ImageClassifierConfig&) const = default;
};

/// Throws InputError naming `source` for other architectures, with the list of those supported.
ImageClassifierConfig parse_image_classifier_config(const Json& json, const std::string& source);
OrderedJson to_json(const ImageClassifierConfig& config);

template <class T>
struct ImageClassifier {
  ImageClassifierConfig config;
  std::variant<Vit<T>, ResNet<T>> tower;
  Linear<T> classifier;  // no weight where there are no labels
};

template <class T>
void describe(ImageClassifier<T>& model, WeightVisitor<T>& v);

/// Pixels [B,C,H,W] to logits [B,K]. The capture receives the tower's. Thread-safe.
template <class T>
T classify_pixels(const ImageClassifier<T>& model, const T& pixels, const Capture<T>& capture = {});

/// Reads a Hugging Face folder; throws as load_dual_encoder does.
template <class T>
ImageClassifier<T> load_image_classifier(const fs::path& folder);
/// Fresh weights.
template <class T>
ImageClassifier<T> make_image_classifier(const ImageClassifierConfig& config, uint64_t seed);
template <class T>
void save_image_classifier(const ImageClassifier<T>& model, const fs::path& folder);

}  // namespace sensorium
