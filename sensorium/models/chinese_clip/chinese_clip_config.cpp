#include "sensorium/models/chinese_clip/chinese_clip_config.h"

#include "sensorium/models/config_files.h"

namespace sensorium {

DualEncoderConfig parse_chinese_clip_config(const Json& json, const std::string& source) {
  DualEncoderConfig config;
  config.family = DualFamily::chinese_clip;
  config.vision = read_nested<ClipVisionConfig>(json, "vision_config", source);
  BertConfig text = read_nested<BertConfig>(json, "text_config", source);
  text.has_pooler = false;
  config.text = text;
  ConfigFields fields = ConfigFields::reader(json, source);
  describe_shared(config, fields);
  return config;
}

OrderedJson chinese_clip_json(const DualEncoderConfig& config) {
  OrderedJson json = config_head("ChineseCLIPModel", "chinese_clip");
  DualEncoderConfig shared = config;
  ConfigFields fields = ConfigFields::writer(json);
  describe_shared(shared, fields);
  json["text_config"] = nested_json(std::get<BertConfig>(config.text), "chinese_clip_text_model");
  json["vision_config"] = nested_json(std::get<ClipVisionConfig>(config.vision), "chinese_clip_vision_model");
  json["vision_config"]["projection_dim"] = config.projection_dim;
  return json;
}

}  // namespace sensorium
