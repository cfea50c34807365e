#include "sensorium/models/blip/blip_config.h"

#include "sensorium/models/checks.h"
#include "sensorium/models/config_files.h"

#include <array>

namespace sensorium {
namespace {

struct KindNames {
  BlipKind kind;
  const char *architecture, *name;
};

/// What a ResNet of another size than told was trained on.
constexpr int64_t kResNetImageSize = 224;

constexpr std::array<KindNames, 5> kKinds{{
    {BlipKind::caption, "BlipForConditionalGeneration", "a captioner"},
    {BlipKind::retrieval, "BlipForImageTextRetrieval", "a matching model"},
    {BlipKind::vqa, "BlipForQuestionAnswering", "a question answerer"},
    {BlipKind::contrastive, "BlipModel", "a contrastive model"},
    {BlipKind::pretraining, "BlipForPreTraining", "a pre-trained model with all heads"},
}};

const KindNames& names_of(BlipKind kind) {
  for (const KindNames& k : kKinds)
    if (k.kind == kind) return k;
  SENSORIUM_ASSERT(false);
}

BlipKind kind_of(const Json& json, const std::string& source) {
  std::string architecture;
  if (const auto it = json.find("architectures"); it != json.end() && it->is_array() && !it->empty())
    architecture = it->front().is_string() ? it->front().get<std::string>() : "";
  std::string known;
  for (const KindNames& k : kKinds) {
    if (architecture == k.architecture) return k.kind;
    known += (known.empty() ? "" : ", ") + std::string(k.architecture);
  }
  throw InputError("config", "{}: expected one of {} in \"architectures\", got \"{}\"", source, known, architecture);
}

void describe_shared(BlipConfig& c, ConfigFields& f) {
  f.size("projection_dim", c.projection_dim);
  f.size("image_text_hidden_size", c.image_text_hidden_size);
  f.field("logit_scale_init_value", c.logit_scale_init_value);
}

void check_special(const BlipTextConfig& text, const std::string& source) {
  for (const auto& [name, id] :
       {std::pair("bos_token_id", text.bos_token_id), std::pair("sep_token_id", text.sep_token_id)})
    if (id < 0 || id >= text.vocab_size)
      throw InputError("config", "{}: text_config: expected {} in [0, {}), got {}", source, name, text.vocab_size, id);
  if (text.label_smoothing < 0 || text.label_smoothing >= 1)
    throw InputError("config", "{}: text_config: expected label_smoothing in [0, 1), got {}", source,
                     text.label_smoothing);
}

/// The vision tower, of either kind.
void read_vision(BlipConfig& c, const Json& json, const std::string& source) {
  const auto it = json.find("vision_config");
  if (it == json.end() || !it->is_object() || it->value("model_type", Json()) != "resnet") {
    c.vision = read_nested<BlipVisionConfig>(json, "vision_config", source);
    count_patches(c.vision.image_size, c.vision.patch_size, source);
    return;
  }
  c.resnet = read_nested<ResNetConfig>(json, "vision_config", source);
  c.vision.hidden_size = c.resnet->hidden_sizes.back();
  c.vision.image_size = kResNetImageSize;
  ConfigFields fields = ConfigFields::reader(*it, source + ": vision_config");
  fields.size("image_size", c.vision.image_size);
}

OrderedJson vision_json(const BlipConfig& c) {
  if (!c.resnet) return nested_json(c.vision, "blip_vision_model");
  OrderedJson json = nested_json(*c.resnet, "resnet");
  json["image_size"] = c.vision.image_size;
  return json;
}

}  // namespace

void BlipVisionConfig::describe(ConfigFields& f) {
  f.size("hidden_size", hidden_size);
  f.size("intermediate_size", intermediate_size);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("image_size", image_size);
  f.size("patch_size", patch_size);
  f.size("projection_dim", projection_dim);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
}

void BlipTextConfig::describe(ConfigFields& f) {
  f.size("vocab_size", vocab_size);
  f.size("hidden_size", hidden_size);
  f.size("encoder_hidden_size", encoder_hidden_size);
  f.size("intermediate_size", intermediate_size);
  f.size("projection_dim", projection_dim);
  f.depth("num_hidden_layers", num_hidden_layers);
  f.size("num_attention_heads", num_attention_heads);
  f.size("max_position_embeddings", max_position_embeddings);
  f.field("hidden_act", hidden_act);
  f.field("layer_norm_eps", layer_norm_eps);
  f.field("label_smoothing", label_smoothing);
  f.token_id("bos_token_id", bos_token_id);
  f.token_id("eos_token_id", eos_token_id);
  f.token_id("pad_token_id", pad_token_id);
  f.token_id("sep_token_id", sep_token_id);
  f.fixed("is_decoder", true);
}

std::string architecture_of(BlipKind kind) {
  return names_of(kind).architecture;
}

std::string name_of(BlipKind kind) {
  return names_of(kind).name;
}

BlipConfig parse_blip_config(const Json& json, const std::string& source) {
  if (const auto type = json_get<std::string>(json, "model_type", source); type != "blip")
    throw InputError("config", "{}: expected model_type blip, got \"{}\"", source, type);
  BlipConfig c;
  c.kind = kind_of(json, source);
  ConfigFields fields = ConfigFields::reader(json, source);
  describe_shared(c, fields);
  read_vision(c, json, source);
  c.text = read_nested<BlipTextConfig>(json, "text_config", source);
  c.text.encoder_hidden_size = c.vision.hidden_size;
  check_special(c.text, source);
  if (c.kind == BlipKind::vqa && c.vision.hidden_size != c.text.hidden_size)
    throw InputError(
        "config",
        "{}: expected one hidden_size for vision and text (the decoder reads the question's states through "
        "layers of the vision tower's width), got {} and {}",
        source, c.vision.hidden_size, c.text.hidden_size);
  return c;
}

OrderedJson to_json(const BlipConfig& config) {
  OrderedJson json = config_head(names_of(config.kind).architecture, "blip");
  BlipConfig copy = config;
  ConfigFields fields = ConfigFields::writer(json);
  describe_shared(copy, fields);
  json["tie_word_embeddings"] = true;
  json["text_config"] = nested_json(config.text, "blip_text_model");
  json["vision_config"] = vision_json(config);
  return json;
}

OrderedJson generation_config_json(const BlipConfig& config) {
  return {{"_from_model_config", true},
          {"bos_token_id", config.text.bos_token_id},
          {"eos_token_id", config.text.sep_token_id},
          {"pad_token_id", config.text.pad_token_id}};
}

bool is_blip(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  if (!fs::exists(path)) return false;
  const Json json = read_json(path);
  return json.is_object() && json.value("model_type", Json()) == "blip";
}

}  // namespace sensorium
