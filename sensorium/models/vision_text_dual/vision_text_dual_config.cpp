#include "sensorium/models/vision_text_dual/vision_text_dual_config.h"

#include "sensorium/models/config_files.h"

namespace sensorium {

namespace {

std::string tower_type(const Json& json, const char* tower, const std::string& source) {
  const auto it = json.find(tower);
  if (it == json.end()) throw InputError("config", "{}: expected an object for \"{}\", got none", source, tower);
  return json_get<std::string>(*it, "model_type", source + ": " + tower);
}

}  // namespace

DualEncoderConfig parse_vision_text_dual_config(const Json& json, const std::string& source) {
  DualEncoderConfig config;
  config.family = DualFamily::vision_text_dual;
  const std::string vision = tower_type(json, "vision_config", source), text = tower_type(json, "text_config", source);
  if (vision == "vit") {
    auto c = read_nested<VitConfig>(json, "vision_config", source);
    c.has_pooler = true;
    config.vision = c;
  } else if (vision == "clip_vision_model") {
    config.vision = read_nested<ClipVisionConfig>(json, "vision_config", source);
  } else if (vision == "clip") {  // a whole CLIP configuration, as older files have it
    config.vision = read_nested<ClipVisionConfig>(json["vision_config"], "vision_config", source);
  } else if (vision == "resnet") {
    config.vision = read_nested<ResNetConfig>(json, "vision_config", source);
  } else {
    throw InputError("config", "{}: expected vision_config.model_type vit, clip_vision_model or resnet, got \"{}\"",
                     source, vision);
  }
  if (text != "bert") throw InputError("config", "{}: expected text_config.model_type bert, got \"{}\"", source, text);
  auto bert = read_nested<BertConfig>(json, "text_config", source);
  const auto pooling = json_get_or<std::string>(json, "text_pooling", "pooler", source);
  if (pooling != "pooler" && pooling != "mean")
    throw InputError("config", "{}: expected text_pooling pooler or mean, got \"{}\"", source, pooling);
  bert.mean_pooling = pooling == "mean";
  bert.has_pooler = !bert.mean_pooling;
  config.text = bert;
  ConfigFields fields = ConfigFields::reader(json, source);
  describe_shared(config, fields);
  if (json.contains("projection_hidden_dim")) fields.size("projection_hidden_dim", config.projection_hidden_dim);
  return config;
}

OrderedJson vision_text_dual_json(const DualEncoderConfig& config) {
  OrderedJson json = config_head("VisionTextDualEncoderModel", "vision-text-dual-encoder");
  DualEncoderConfig shared = config;
  ConfigFields fields = ConfigFields::writer(json);
  describe_shared(shared, fields);
  if (config.projection_hidden_dim > 0) json["projection_hidden_dim"] = config.projection_hidden_dim;
  if (std::get<BertConfig>(config.text).mean_pooling) json["text_pooling"] = "mean";
  if (const auto* vit = std::get_if<VitConfig>(&config.vision))
    json["vision_config"] = nested_json(*vit, "vit");
  else if (const auto* clip = std::get_if<ClipVisionConfig>(&config.vision))
    json["vision_config"] = nested_json(*clip, "clip_vision_model");
  else
    json["vision_config"] = nested_json(std::get<ResNetConfig>(config.vision), "resnet");
  json["text_config"] = nested_json(std::get<BertConfig>(config.text), "bert");
  return json;
}

}  // namespace sensorium
