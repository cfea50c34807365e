#include "sensorium/models/clip/clip_files.h"

#include "sensorium/models/config_files.h"

#include <algorithm>
#include <cmath>

namespace sensorium {

DualEncoderConfig parse_clip_config(const Json& json, const std::string& source) {
  DualEncoderConfig config;
  config.vision = read_nested<ClipVisionConfig>(json, "vision_config", source);
  config.text = read_nested<ClipTextConfig>(json, "text_config", source);
  ConfigFields fields = ConfigFields::reader(json, source);
  describe_shared(config, fields);
  return config;
}

OrderedJson clip_json(const DualEncoderConfig& config) {
  OrderedJson json = config_head("CLIPModel", "clip");
  DualEncoderConfig shared = config;
  ConfigFields fields = ConfigFields::writer(json);
  describe_shared(shared, fields);
  json["text_config"] = nested_json(std::get<ClipTextConfig>(config.text), "clip_text_model");
  json["vision_config"] = nested_json(std::get<ClipVisionConfig>(config.vision), "clip_vision_model");
  for (const char* tower : {"text_config", "vision_config"}) json[tower]["projection_dim"] = config.projection_dim;
  return json;
}

namespace {

/// Throws for a key outside `known` unless its value is null or false.
void check_known(const Json& object, const std::vector<std::string>& known, const std::string& where,
                 const std::string& source) {
  for (const auto& [key, value] : object.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end() || value.is_null() || value == false) continue;
    throw InputError("config", "{}: expected {} with the options of OpenAI's models, got \"{}\": {}", source, where,
                     key, value.dump().substr(0, 80));
  }
}

int64_t mlp_width(const Json& object, int64_t width, const std::string& source) {
  return static_cast<int64_t>(static_cast<double>(width) * json_get_or<double>(object, "mlp_ratio", 4.0, source));
}

ClipVisionConfig parse_open_clip_vit(const Json& json, const std::string& act, const std::string& source) {
  check_known(json, {"image_size", "layers", "width", "head_width", "mlp_ratio", "patch_size"}, "vision_cfg", source);
  int64_t head_width = 64;
  ClipVisionConfig c;
  c.patch_size = 16;
  ConfigFields f = ConfigFields::reader(json, source + ": vision_cfg");
  f.size("image_size", c.image_size);
  f.depth("layers", c.num_hidden_layers);
  f.size("width", c.hidden_size);
  f.size("head_width", head_width);
  f.size("patch_size", c.patch_size);
  if (c.hidden_size % head_width != 0)
    throw InputError("config", "{}: expected a width that head_width {} divides, got {}", source, head_width,
                     c.hidden_size);
  c.num_attention_heads = c.hidden_size / head_width;
  c.intermediate_size = mlp_width(json, c.hidden_size, source);
  c.hidden_act = act;
  return c;
}

ClipTextConfig parse_open_clip_text(const Json& json, const std::string& act, const std::string& source) {
  check_known(json, {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio", "pool_type"}, "text_cfg",
              source);
  ClipTextConfig c;
  ConfigFields f = ConfigFields::reader(json, source + ": text_cfg");
  f.size("context_length", c.max_position_embeddings);
  f.size("vocab_size", c.vocab_size);
  f.size("width", c.hidden_size);
  f.size("heads", c.num_attention_heads);
  f.depth("layers", c.num_hidden_layers);
  f.fixed("pool_type", "argmax");
  c.intermediate_size = mlp_width(json, c.hidden_size, source);
  c.hidden_act = act;
  c.pad_token_id = 1, c.bos_token_id = 0, c.eos_token_id = 2;  // as OpenAI's own: pooled at the largest id
  return c;
}

const Json& section(const Json& json, const char* name, const std::string& source) {
  const auto it = json.find(name);
  if (it == json.end() || !it->is_object())
    throw InputError("config", "{}: expected an object \"{}\", got {}", source, name,
                     it == json.end() ? "none" : it->dump().substr(0, 80));
  return *it;
}

}  // namespace

DualEncoderConfig parse_open_clip_config(const Json& json, const std::string& source) {
  const Json& model = json.contains("model_cfg") ? section(json, "model_cfg", source) : json;
  check_known(model, {"embed_dim", "quick_gelu", "vision_cfg", "text_cfg"}, "model_cfg", source);
  DualEncoderConfig config;
  config.layout = Layout::open_clip;
  config.preprocess_cfg = json.value("preprocess_cfg", Json(nullptr));
  ConfigFields fields = ConfigFields::reader(model, source);
  fields.size("embed_dim", config.projection_dim);
  bool quick_gelu = false;
  fields.field("quick_gelu", quick_gelu);
  const std::string act = quick_gelu ? "quick_gelu" : "gelu";
  const Json& vision = section(model, "vision_cfg", source);
  config.text = parse_open_clip_text(section(model, "text_cfg", source), act, source);
  if (vision.contains("layers") && vision["layers"].is_array()) {
    check_known(vision, {"image_size", "layers", "width", "head_width", "patch_size"}, "vision_cfg", source);
    config.vision = read_nested<ModifiedResNetConfig>(model, "vision_cfg", source);
  } else {
    config.vision = parse_open_clip_vit(vision, act, source);
  }
  return config;
}

namespace {

/// A ratio whose product with `width`, cut to an integer as open_clip does, is `mlp`.
double mlp_ratio(int64_t mlp, int64_t width) {
  const auto w = static_cast<double>(width);
  const double ratio = static_cast<double>(mlp) / w;
  return static_cast<int64_t>(w * ratio) == mlp ? ratio : std::nextafter(ratio, 1e9);
}

OrderedJson open_clip_vision(const ClipVisionConfig& c) {
  OrderedJson json{{"image_size", c.image_size},
                   {"layers", c.num_hidden_layers},
                   {"width", c.hidden_size},
                   {"head_width", c.hidden_size / c.num_attention_heads},
                   {"patch_size", c.patch_size}};
  if (c.intermediate_size != 4 * c.hidden_size) json["mlp_ratio"] = mlp_ratio(c.intermediate_size, c.hidden_size);
  return json;
}

OrderedJson open_clip_text(const ClipTextConfig& c) {
  OrderedJson json{{"context_length", c.max_position_embeddings},
                   {"vocab_size", c.vocab_size},
                   {"width", c.hidden_size},
                   {"heads", c.num_attention_heads},
                   {"layers", c.num_hidden_layers}};
  if (c.intermediate_size != 4 * c.hidden_size) json["mlp_ratio"] = mlp_ratio(c.intermediate_size, c.hidden_size);
  return json;
}

void check_expressible(const DualEncoderConfig& config) {
  const auto refuse = [](const std::string& expected, const std::string& got) {
    throw InputError("convert", "expected {} for the open_clip layout, got {}", expected, got);
  };
  if (config.family != DualFamily::clip) refuse("a CLIP model", "another family");
  const auto& text = std::get<ClipTextConfig>(config.text);
  const auto check_tower = [&](const std::string& act, double epsilon) {
    if (act != "gelu" && act != "quick_gelu") refuse("hidden_act gelu or quick_gelu", act);
    if (epsilon != 1e-5) refuse("layer_norm_eps 1e-5", std::to_string(epsilon));
  };
  check_tower(text.hidden_act, text.layer_norm_eps);
  if (!text.pools_at_largest_id() && text.eos_token_id != text.vocab_size - 1)
    refuse("an eos_token_id that is the largest id " + std::to_string(text.vocab_size - 1),
           std::to_string(text.eos_token_id));
  if (const auto* vision = std::get_if<ClipVisionConfig>(&config.vision)) {
    check_tower(vision->hidden_act, vision->layer_norm_eps);
    if (vision->hidden_act != text.hidden_act)
      refuse("one activation in both towers", vision->hidden_act + " and " + text.hidden_act);
  }
}

}  // namespace

OrderedJson open_clip_json(const DualEncoderConfig& config) {
  check_expressible(config);
  const auto& text = std::get<ClipTextConfig>(config.text);
  OrderedJson model{{"embed_dim", config.projection_dim}, {"quick_gelu", text.hidden_act == "quick_gelu"}};
  if (const auto* resnet = std::get_if<ModifiedResNetConfig>(&config.vision)) {
    ModifiedResNetConfig copy = *resnet;
    OrderedJson vision;
    ConfigFields fields = ConfigFields::writer(vision);
    copy.describe(fields);
    vision["patch_size"] = nullptr;
    model["vision_cfg"] = vision;
  } else {
    model["vision_cfg"] = open_clip_vision(std::get<ClipVisionConfig>(config.vision));
  }
  model["text_cfg"] = open_clip_text(text);
  OrderedJson json{{"model_cfg", model}};
  static const Json kOpenAi{{"mean", {0.48145466, 0.4578275, 0.40821073}},
                            {"std", {0.26862954, 0.26130258, 0.27577711}},
                            {"interpolation", "bicubic"},
                            {"resize_mode", "shortest"}};
  json["preprocess_cfg"] = OrderedJson(config.preprocess_cfg.is_null() ? kOpenAi : config.preprocess_cfg);
  return json;
}

}  // namespace sensorium
