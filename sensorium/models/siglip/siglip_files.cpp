#include "sensorium/models/siglip/siglip_files.h"

#include "sensorium/models/config_files.h"

#include <cmath>

namespace sensorium {

DualEncoderConfig parse_siglip_config(const Json& json, const std::string& source) {
  DualEncoderConfig config;
  config.family = DualFamily::siglip;
  const auto vision = read_nested<SiglipVisionConfig>(json, "vision_config", source);
  const auto text = read_nested<SiglipTextConfig>(json, "text_config", source);
  if (text.projection_size != vision.hidden_size)
    throw InputError("config", "{}: expected text_config.projection_size {} (vision_config.hidden_size), got {}",
                     source, vision.hidden_size, text.projection_size);
  config.vision = vision;
  config.text = text;
  config.projection_dim = vision.hidden_size;
  config.logit_scale_init_value = std::log(10.0);  // Zhai et al. (2023), section 3.2
  return config;
}

OrderedJson siglip_json(const DualEncoderConfig& config) {
  OrderedJson json = config_head("SiglipModel", "siglip");
  json["text_config"] = nested_json(std::get<SiglipTextConfig>(config.text), "siglip_text_model");
  json["vision_config"] = nested_json(std::get<SiglipVisionConfig>(config.vision), "siglip_vision_model");
  return json;
}

}  // namespace sensorium
