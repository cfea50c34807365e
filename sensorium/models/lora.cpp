#include "sensorium/models/lora.h"

#include <algorithm>

namespace sensorium {

bool LoraConfig::targets(const std::string& module) const {
  const std::string last = module.substr(module.rfind('.') + 1);
  return std::find(target_modules.begin(), target_modules.end(), last) != target_modules.end();
}

LoraConfig read_lora_config(const fs::path& folder) {
  const fs::path path = folder / "adapter_config.json";
  const std::string source = path.string();
  const Json json = read_json(path);
  if (const auto type = json_get<std::string>(json, "peft_type", source); type != "LORA")
    throw InputError("lora", "{}: expected peft_type LORA, got \"{}\"", source, type);
  for (const char* option : {"use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"})
    if (json_get_or<bool>(json, option, false, source))
      throw InputError("lora", "{}: expected \"{}\": false (no other is supported), got true", source, option);
  for (const char* option : {"rank_pattern", "alpha_pattern"})
    if (const auto it = json.find(option); it != json.end() && !it->empty())
      throw InputError("lora", "{}: expected one rank for all layers, got \"{}\"", source, option);
  if (const auto bias = json_get_or<std::string>(json, "bias", "none", source); bias != "none")
    throw InputError("lora", "{}: expected \"bias\": \"none\" (no other is supported), got \"{}\"", source, bias);
  LoraConfig config;
  config.rank = json_get<int64_t>(json, "r", source);
  config.alpha = json_get<double>(json, "lora_alpha", source);
  config.rank_stabilized = json_get_or<bool>(json, "use_rslora", false, source);
  config.target_modules = json_get<std::vector<std::string>>(json, "target_modules", source);
  if (config.rank < 1 || config.rank > (1 << 16))
    throw InputError("lora", "{}: expected \"r\" between 1 and 65536, got {}", source, config.rank);
  return config;
}

void write_lora_config(const LoraConfig& config, const std::string& base_model, const fs::path& folder) {
  const OrderedJson json{{"peft_type", "LORA"},
                         {"base_model_name_or_path", base_model},
                         {"bias", "none"},
                         {"fan_in_fan_out", false},
                         {"inference_mode", true},
                         {"init_lora_weights", true},
                         {"lora_alpha", config.alpha},
                         {"lora_dropout", 0.0},
                         {"r", config.rank},
                         {"target_modules", config.target_modules},
                         {"task_type", nullptr},
                         {"use_dora", false},
                         {"use_rslora", config.rank_stabilized}};
  write_file(folder / "adapter_config.json", json.dump(2) + "\n");
}

}  // namespace sensorium
