#pragma once
// A classifier of items that have any set of modalities: what its config.json says.

#include "sensorium/base/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace sensorium {

/// "model_type" of its config.json.
inline constexpr const char* kClassifierModelType = "sensorium_classifier";

struct ModalitySpec {
  std::string name;
  std::string kind;     // "features", "picture", "sound" or "text"
  std::string source;   // a .npy file, or a column of the table
  std::string encoder;  // "mlp", "cnn", "gru" or "lstm"
  int64_t inputs = 0;   // columns of features; size of the vocabulary of texts; 0 where the settings decide
};

/// "NAME=KIND:SOURCE[@ENCODER]". Throws UsageError for anything else; names are letters, digits and '_'.
ModalitySpec parse_modality(const std::string& text);

struct ClassifierConfig {
  std::vector<std::string> classes;
  std::vector<ModalitySpec> modalities;
  std::string fusion = "concatenate";
  int64_t width = 128, hidden = 256, tensor_rank = 8, bottleneck_tokens = 4, heads = 4;
  int64_t image_size = 64, mel_bands = 64, max_tokens = 64;
  double sound_seconds = 5;
};

OrderedJson to_json(const ClassifierConfig& config);
/// Throws InputError naming `source` for what is missing, of the wrong type or out of range.
ClassifierConfig parse_classifier_config(const Json& json, const std::string& source);

}  // namespace sensorium
