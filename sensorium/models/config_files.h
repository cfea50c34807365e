#pragma once
// What the configuration files of two-tower models have in common.

#include "sensorium/models/dual_encoder.h"

namespace sensorium {

/// The fields of a nested object ("vision_config"; absent: defaults) of `json`.
template <class Config>
Config read_nested(const Json& json, const char* name, const std::string& source) {
  Config config;
  const Json empty = Json::object();
  const auto it = json.find(name);
  const Json& object = it == json.end() || it->is_null() ? empty : *it;
  if (!object.is_object())
    throw InputError("config", "{}: expected an object for \"{}\", got {}", source, name, object.dump().substr(0, 80));
  ConfigFields fields = ConfigFields::reader(object, source + ": " + name);
  config.describe(fields);
  return config;
}

/// {"model_type": `model_type`, fields...}
template <class Config>
OrderedJson nested_json(Config config, const char* model_type) {
  OrderedJson json{{"model_type", model_type}};
  ConfigFields fields = ConfigFields::writer(json);
  config.describe(fields);
  return json;
}

/// What every Hugging Face configuration begins with.
inline OrderedJson config_head(const char* architecture, const char* model_type) {
  return {
      {"architectures", OrderedJson::array({architecture})}, {"model_type", model_type}, {"torch_dtype", "float32"}};
}

/// "projection_dim" and "logit_scale_init_value", both ways.
inline void describe_shared(DualEncoderConfig& config, ConfigFields& f) {
  f.size("projection_dim", config.projection_dim);
  f.field("logit_scale_init_value", config.logit_scale_init_value);
}

}  // namespace sensorium
