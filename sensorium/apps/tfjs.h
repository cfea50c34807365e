#pragma once
// TensorFlow.js layers models: model.json (topology and a manifest of weights) beside weight shards.

#include "sensorium/base/json.h"

#include <map>
#include <string>
#include <vector>

namespace sensorium {

/// Keras weights by name ("res2a_branch2a/kernel"), with the configuration of every layer ("res2a_branch2a").
class TfjsModel {
 public:
  struct Weight {
    std::vector<int64_t> shape;
    std::vector<float> values;
  };
  /// Reads model.json and its shards. Throws InputError naming the file for a broken manifest, types other than
  /// float32, or shards whose bytes do not fit the shapes.
  explicit TfjsModel(const fs::path& model_json);
  const fs::path& path() const { return path_; }
  bool has_layer(const std::string& name) const { return layers_.count(name) > 0; }
  /// The "config" object of a layer. Throws InputError when there is none of that name.
  const Json& layer(const std::string& name) const;
  /// Throws InputError naming the weight when it is missing or its shape has another rank.
  const Weight& weight(const std::string& name, size_t rank) const;

 private:
  void read_layers(const Json& model);
  void read_weights(const Json& model);
  void read_group(const Json& group);
  fs::path path_;
  std::map<std::string, Json> layers_;
  std::map<std::string, Weight> weights_;
};

}  // namespace sensorium
