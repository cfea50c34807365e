#pragma once
// What `cca`, `svd`, `nmf` and `fuse` save: maps from features of one or more views into one space (and on to classes),
// with the encoders of the features beside them where they were named. With those, `embed`, `search`, `classify` and
// `evaluate` take the folder as they take any checkpoint.

#include "sensorium/base/json.h"
#include "sensorium/classic/fusion.h"
#include "sensorium/classic/joint_nmf.h"
#include "sensorium/classic/kernel_cca.h"
#include "sensorium/classic/pca.h"
#include "sensorium/classic/tfidf.h"
#include "sensorium/serve/model/embedder.h"
#include "sensorium/serve/model/picture_classifier.h"

#include <map>
#include <optional>

namespace sensorium {

inline constexpr const char* kFeatureModelType = "sensorium_features";

/// One view's map. Features go, in this order, through what is there: words to weights, kernel, factors, linear map.
struct FeatureMap {
  std::string encoder;                  // a folder inside the model's, or empty
  bool sound = false;                   // the features are sound_features
  int64_t width = 0;                    // of the features
  std::optional<classic::Tfidf> words;  // texts are counted, not encoded
  std::optional<classic::KernelFeatures> kernel;
  std::optional<classic::Matrix> factors;  // (k x width), nonnegative: coordinates by least squares
  double factor_scale = 1;
  bool split_signs = false;  // features as [max(x, 0), max(-x, 0)] before the factors
  std::optional<classic::Projection> linear;

  /// (n x k) coordinates of (n x width) features. Throws InputError for another width.
  classic::Matrix apply(const classic::Matrix& features) const;
};

/// Classes from features of all views.
struct FeatureClassifier {
  std::vector<std::string> classes;
  std::string method;  // "early", "late" or "stacking"
  classic::Concatenation early;
  classic::LinearClassifier single;  // of early, or stacking's last
  std::vector<classic::LinearClassifier> base;
  classic::Vector weights;  // of late
  /// (n x K); present[v][i] = 0: view v is missing in row i.
  classic::Matrix probabilities(const std::vector<classic::Matrix>& views,
                                const std::vector<std::vector<uint8_t>>& present = {}) const;
};

struct FeatureModel {
  std::string method;  // the command and its variant: "cca", "nmf", ...
  std::vector<FeatureMap> maps;
  bool unit_length = true;  // coordinates are brought to length 1 by `embed` and `search`
  double logit_scale = 10;  // of cosines, when they become probabilities
  OrderedJson facts;        // what the fit found, for people
  std::optional<FeatureClassifier> classifier;
};

/// [max(x, 0), max(-x, 0)]: what signed features look like to NMF.
classic::Matrix split_by_sign(const classic::Matrix& features);

/// Writes the folder, whole or not at all, with a copy of `encoders[v]` (empty: none) for each view, and `plots` (file
/// name, content). Throws UsageError for another number of encoders than views or none.
void save_feature_model(const fs::path& folder, FeatureModel model, const std::vector<std::string>& encoders,
                        const std::map<std::string, std::string>& plots);
/// Throws InputError naming the file at fault.
FeatureModel load_feature_model(const fs::path& folder);
/// Whether a folder holds one.
bool is_feature_model(const fs::path& folder);

/// As an embedder: pictures through a view whose encoder knows pictures, texts through one that knows texts. Throws
/// InputError where no view has an encoder.
Embedder load_feature_embedder(const fs::path& folder, const RuntimeOptions& runtime);
/// What is known of an item beside its picture; empty: nothing.
struct FeatureContext {
  std::string text;
  fs::path sound;
};
/// A model of classes with all that `context` says already in it.
struct FusedClassifierModel {
  std::vector<std::string> labels;
  std::optional<ImageProcessor> processor;  // none: no view is of pictures
  PixelEncoder encode_pixels;               // logits; of Pixels without bytes, those of items without a picture
};
/// Views whose input is not given count as missing. Throws UsageError for a model without classes and for a context
/// that no view takes, InputError where no view has an encoder, and where encoders want pictures prepared differently.
FusedClassifierModel load_fused_classifier(const fs::path& folder, const RuntimeOptions& runtime,
                                           const FeatureContext& context);
/// As a classifier of pictures alone. Throws as above, and where no view is of pictures.
PictureClassifier load_feature_classifier(const fs::path& folder, const RuntimeOptions& runtime);

}  // namespace sensorium
