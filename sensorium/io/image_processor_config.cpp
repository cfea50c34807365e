// ImageProcessor from and to JSON.

#include "sensorium/io/image_processor.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace sensorium {
namespace {

using Config = ImageProcessorConfig;
using Mode = Config::ResizeMode;

constexpr std::array<double, 3> kClipMean = {0.48145466, 0.4578275, 0.40821073},
                                kClipStd = {0.26862954, 0.26130258, 0.27577711}, kHalf = {0.5, 0.5, 0.5};

/// The defaults of a class of transformers.
struct Preset {
  std::string_view type;
  Mode resize;
  int size;
  Resample resample;
  bool crop;
  int crop_size;
  const std::array<double, 3>&mean, &std;
  bool convert_rgb;
};

constexpr Preset kPresets[] = {
    {"CLIPImageProcessor", Mode::shortest_edge, 224, Resample::bicubic, true, 224, kClipMean, kClipStd, true},
    {"ChineseCLIPImageProcessor", Mode::shortest_edge, 224, Resample::bicubic, true, 224, kClipMean, kClipStd, true},
    {"BitImageProcessor", Mode::shortest_edge, 224, Resample::bicubic, true, 224, kClipMean, kClipStd, true},
    {"SiglipImageProcessor", Mode::exact, 224, Resample::bicubic, false, 224, kHalf, kHalf, true},
    {"BlipImageProcessor", Mode::exact, 384, Resample::bicubic, false, 384, kClipMean, kClipStd, true},
    {"ViTImageProcessor", Mode::exact, 224, Resample::bilinear, false, 224, kHalf, kHalf, false},
    {"DeiTImageProcessor", Mode::exact, 256, Resample::bicubic, true, 224, kHalf, kHalf, false},
    {"ConvNextImageProcessor", Mode::shortest_edge, 384, Resample::bilinear, false, 384, kHalf, kHalf, false},
};

template <class... A>
[[noreturn]] void fail(std::string_view source, fmt::format_string<A...> detail, A&&... args) {
  throw InputError("image processor", "{}: {}", source, fmt::format(detail, std::forward<A>(args)...));
}

void remove_suffix(std::string& text, std::string_view suffix) {
  if (text.size() > suffix.size() && text.ends_with(suffix)) text.resize(text.size() - suffix.size());
}

/// The type without the suffixes of transformers' variants, all of which mean the same pixels.
const Preset& find_preset(const Json& json, std::string_view source) {
  std::string type = json_get_or<std::string>(json, "image_processor_type", "", source);
  if (type.empty()) type = json_get_or<std::string>(json, "feature_extractor_type", "CLIPImageProcessor", source);
  const std::string given = type;
  remove_suffix(type, "Fast");
  remove_suffix(type, "Pil");
  if (type.ends_with("FeatureExtractor")) {
    remove_suffix(type, "FeatureExtractor");
    type += "ImageProcessor";
  }
  std::string known;
  for (const Preset& preset : kPresets) {
    if (preset.type == type) return preset;
    known.append(known.empty() ? "" : ", ").append(preset.type);
  }
  fail(source, "expected an image_processor_type among {}, got {}", known, given);
}

void check_keys(const Json& json, std::string_view source) {
  static const std::set<std::string> known = {
      "image_processor_type", "feature_extractor_type", "do_convert_rgb", "do_resize", "size", "resample",
      "do_center_crop", "crop_size", "do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std",
      "crop_pct",
      // these do not change the pixels
      "processor_class", "auto_map", "_valid_processor_keys", "data_format", "input_data_format", "return_tensors",
      "device", "disable_grouping", "default_to_square", "use_fast"};
  if (!json.is_object()) fail(source, "expected a JSON object, got {}", json.type_name());
  for (const auto& [key, value] : json.items())
    if (!known.count(key) && !value.is_null() && value != false)
      fail(source, "expected only settings known here, got \"{}\": {}", key, value.dump().substr(0, 80));
}

bool given(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && !it->is_null();
}

/// A number, [height, width] or {"height", "width"} as height and width.
std::pair<int, int> parse_height_width(const Json& value, std::string_view key, std::string_view source) {
  if (value.is_number_integer()) {
    const int side = json_detail::convert<int>(value, key, source);
    return {side, side};
  }
  if (value.is_array() && value.size() == 2 && value[0].is_number_integer() && value[1].is_number_integer())
    return {value[0].get<int>(), value[1].get<int>()};
  if (value.is_object() && value.size() == 2 && given(value, "height") && given(value, "width"))
    return {json_get<int>(value, "height", source), json_get<int>(value, "width", source)};
  fail(source, "expected a number or height and width as \"{}\", got {}", key, value.dump().substr(0, 80));
}

void parse_size(const Json& json, Config& config, std::string_view source) {
  const Json& size = json.at("size");
  if (size.is_object() && given(size, "shortest_edge")) {
    if (size.size() != 1)
      fail(source, "expected \"size\" to name a shortest_edge or a height and width, got {}", size.dump());
    config.resize = Mode::shortest_edge;
    config.resize_height = config.resize_width = json_get<int>(size, "shortest_edge", source);
    return;
  }
  if (!size.is_number()) config.resize = Mode::exact;  // a bare number means what the type's default means
  std::tie(config.resize_height, config.resize_width) = parse_height_width(size, "size", source);
}

void parse_three(const Json& json, const char* key, std::array<double, 3>& out, std::string_view source) {
  if (!given(json, key)) return;
  const Json& value = json.at(key);
  if (value.is_number()) return out.fill(value.get<double>());
  const bool numbers = value.is_array() && value.size() == 3 &&
                       std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
  if (!numbers) fail(source, "expected 3 numbers as \"{}\", got {}", key, value.dump().substr(0, 80));
  std::copy(value.begin(), value.end(), out.begin());
}

/// ConvNext's own rule: below 384 the shorter side is resized to size / crop_pct and the centre is cut out; from 384 on
/// the picture is squashed to a square.
void apply_convnext_rule(const Json& json, Config& config, std::string_view source) {
  if (config.resize != Mode::shortest_edge) return;
  if (config.resize_height >= 384) {
    config.resize = Mode::exact;
    return;
  }
  config.crop_pct = json_get_or<double>(json, "crop_pct", 224.0 / 256.0, source);
  if (!(config.crop_pct > 0 && config.crop_pct <= 1))
    fail(source, "expected a \"crop_pct\" above 0 and at most 1, got {}", config.crop_pct);
  config.crop = true;
  config.crop_height = config.crop_width = config.resize_height;
}

Resample parse_resample(int value, std::string_view source) {
  if (value < 0 || value > 5) fail(source, "expected a \"resample\" from 0 to 5, got {}", value);
  return static_cast<Resample>(value);
}

Resample parse_interpolation(const std::string& name, std::string_view source) {
  if (name == "bicubic") return Resample::bicubic;
  if (name == "bilinear") return Resample::bilinear;
  if (name == "nearest") return Resample::nearest;
  fail(source, "expected an \"interpolation\" of bicubic, bilinear or nearest, got {}", name);
}

OrderedJson height_width(int height, int width) {
  return {{"height", height}, {"width", width}};
}

}  // namespace

ImageProcessor ImageProcessor::from_json(const Json& json, std::string_view source) {
  check_keys(json, source);
  const Preset& preset = find_preset(json, source);
  Config config;
  config.type = preset.type;
  config.convert_rgb = json_get_or(json, "do_convert_rgb", preset.convert_rgb, source);
  config.resize = preset.resize;
  config.resize_height = config.resize_width = preset.size;
  if (given(json, "size")) parse_size(json, config, source);
  config.resample = parse_resample(json_get_or(json, "resample", static_cast<int>(preset.resample), source), source);
  config.crop = json_get_or(json, "do_center_crop", preset.crop, source);
  config.crop_height = config.crop_width = preset.crop_size;
  if (given(json, "crop_size"))
    std::tie(config.crop_height, config.crop_width) = parse_height_width(json.at("crop_size"), "crop_size", source);
  if (preset.type == "ConvNextImageProcessor")
    apply_convnext_rule(json, config, source);
  else if (given(json, "crop_pct"))
    fail(source, "expected \"crop_pct\" only for ConvNextImageProcessor, got it for {}", preset.type);
  if (!json_get_or(json, "do_resize", true, source)) config.resize = Mode::none;
  config.rescale = json_get_or(json, "do_rescale", true, source);
  config.rescale_factor = json_get_or(json, "rescale_factor", 1.0 / 255.0, source);
  config.normalize = json_get_or(json, "do_normalize", true, source);
  config.mean = preset.mean;
  config.std = preset.std;
  parse_three(json, "image_mean", config.mean, source);
  parse_three(json, "image_std", config.std, source);
  return ImageProcessor(config, source);
}

ImageProcessor ImageProcessor::from_open_clip(const Json& json, const Json& image_size, std::string_view source) {
  static const std::set<std::string> known = {"size",          "mode",        "mean",      "std",
                                              "interpolation", "resize_mode", "fill_color"};
  if (!json.is_object()) fail(source, "expected an object as \"preprocess_cfg\", got {}", json.type_name());
  for (const auto& [key, value] : json.items())
    if (!known.count(key)) fail(source, "expected only settings known here, got \"{}\": {}", key, value.dump());
  if (const auto mode = json_get_or<std::string>(json, "mode", "RGB", source); mode != "RGB")
    fail(source, "expected \"mode\" RGB, got {}", mode);
  Config config;
  config.convention = Config::Convention::torchvision;
  const auto [height, width] = parse_height_width(given(json, "size") ? json.at("size") : image_size, "size", source);
  config.resize_height = height;
  config.resize_width = width;
  config.crop_height = height;
  config.crop_width = width;
  const auto mode = json_get_or<std::string>(json, "resize_mode", "shortest", source);
  if (mode == "squash") {
    config.resize = Mode::exact;
    config.crop = false;
  } else if (mode != "shortest" || height != width) {
    fail(source, "expected a \"resize_mode\" of squash, or of shortest with a square size, got {} with {}x{}", mode,
         height, width);
  }
  config.resample = parse_interpolation(json_get_or<std::string>(json, "interpolation", "bicubic", source), source);
  parse_three(json, "mean", config.mean, source);
  parse_three(json, "std", config.std, source);
  return ImageProcessor(config, source);
}

ImageProcessor ImageProcessor::load(const fs::path& folder) {
  if (const fs::path file = folder / "preprocessor_config.json"; fs::exists(file))
    return from_json(read_json(file), file.string());
  const fs::path file = folder / "open_clip_config.json";
  if (!fs::exists(file))
    fail(folder.string(), "expected preprocessor_config.json or open_clip_config.json, got neither");
  const std::string source = file.string();
  const Json config = read_json(file);
  const Json model = json_get<Json>(config, "model_cfg", source);
  const Json vision = json_get<Json>(model, "vision_cfg", source);
  return from_open_clip(json_get_or<Json>(config, "preprocess_cfg", Json::object(), source),
                        json_get_or<Json>(vision, "image_size", 224, source), source);
}

OrderedJson ImageProcessor::to_json() const {
  const Config& c = config_;
  OrderedJson json;
  json["image_processor_type"] = c.type;
  json["do_convert_rgb"] = c.convert_rgb;
  json["do_resize"] = c.resize != Mode::none;
  if (c.resize == Mode::shortest_edge) json["size"] = {{"shortest_edge", c.resize_height}};
  if (c.resize == Mode::exact) json["size"] = height_width(c.resize_height, c.resize_width);
  json["resample"] = static_cast<int>(c.resample);
  if (c.crop_pct > 0) {
    json["crop_pct"] = c.crop_pct;
  } else {
    json["do_center_crop"] = c.crop;
    if (c.crop) json["crop_size"] = height_width(c.crop_height, c.crop_width);
  }
  json["do_rescale"] = c.rescale;
  json["rescale_factor"] = c.rescale_factor;
  json["do_normalize"] = c.normalize;
  json["image_mean"] = c.mean;
  json["image_std"] = c.std;
  return json;
}

}  // namespace sensorium
