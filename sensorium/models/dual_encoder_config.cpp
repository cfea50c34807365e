#include "sensorium/models/chinese_clip/chinese_clip_config.h"
#include "sensorium/models/clip/clip_files.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/siglip/siglip_files.h"
#include "sensorium/models/vision_text_dual/vision_text_dual_config.h"

namespace sensorium {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

int64_t DualEncoderConfig::image_size() const {
  return std::visit(Overloaded{[](const ResNetConfig&) -> int64_t { return 0; },
                               [](const auto& c) -> int64_t { return c.image_size; }},
                    vision);
}

int64_t DualEncoderConfig::num_channels() const {
  return std::visit(Overloaded{[](const ModifiedResNetConfig&) -> int64_t { return 3; },
                               [](const auto& c) -> int64_t { return c.num_channels; }},
                    vision);
}

int64_t DualEncoderConfig::vocab_size() const {
  return std::visit([](const auto& c) { return c.vocab_size; }, text);
}

int64_t DualEncoderConfig::context_length() const {
  return std::visit([](const auto& c) { return c.max_position_embeddings; }, text);
}

int64_t DualEncoderConfig::vision_width() const {
  return std::visit(Overloaded{[](const ModifiedResNetConfig& c) -> int64_t { return c.feature_width(); },
                               [](const ResNetConfig& c) -> int64_t { return c.hidden_sizes.back(); },
                               [](const VitConfig& c) -> int64_t { return c.output_width(); },
                               [](const auto& c) -> int64_t { return c.hidden_size; }},
                    vision);
}

int64_t DualEncoderConfig::text_width() const {
  return std::visit([](const auto& c) { return c.hidden_size; }, text);
}

std::string config_file_name(Layout layout) {
  return layout == Layout::open_clip ? "open_clip_config.json" : "config.json";
}

DualEncoderConfig parse_dual_encoder_config(const Json& json, const std::string& source) {
  if (json.is_object() && (json.contains("model_cfg") || json.contains("vision_cfg")))
    return parse_open_clip_config(json, source);
  const auto type = json_get<std::string>(json, "model_type", source);
  if (type == "clip") return parse_clip_config(json, source);
  if (type == "siglip") return parse_siglip_config(json, source);
  if (type == "chinese_clip") return parse_chinese_clip_config(json, source);
  if (type == "vision-text-dual-encoder") return parse_vision_text_dual_config(json, source);
  throw InputError("config",
                   "{}: expected model_type clip, siglip, chinese_clip or vision-text-dual-encoder, or open_clip's "
                   "model_cfg, got model_type \"{}\"",
                   source, type);
}

DualEncoderConfig read_dual_encoder_config(const fs::path& folder) {
  for (const Layout layout : {Layout::hugging_face, Layout::open_clip}) {
    const fs::path path = folder / config_file_name(layout);
    if (fs::exists(path)) return parse_dual_encoder_config(read_json(path), path.string());
  }
  throw InputError("config", "{}: expected config.json or open_clip_config.json, got neither", folder.string());
}

OrderedJson to_json(const DualEncoderConfig& config) {
  if (config.layout == Layout::open_clip) return open_clip_json(config);
  switch (config.family) {
    case DualFamily::clip:
      return clip_json(config);
    case DualFamily::siglip:
      return siglip_json(config);
    case DualFamily::chinese_clip:
      return chinese_clip_json(config);
    case DualFamily::vision_text_dual:
      return vision_text_dual_json(config);
  }
  SENSORIUM_ASSERT(false);
}

DualEncoderConfig with_layout(DualEncoderConfig config, Layout layout) {
  if (layout == config.layout) return config;
  config.layout = layout;
  if (layout == Layout::open_clip) {
    open_clip_json(config);  // throws where that layout has no words for the model
  } else if (std::holds_alternative<ModifiedResNetConfig>(config.vision)) {
    throw InputError("convert", "expected a vision transformer for the Hugging Face layout, got a ModifiedResNet");
  }
  return config;
}

}  // namespace sensorium
