#include "sensorium/models/rt/blip_model.h"

#include "sensorium/base/json.h"

#include <algorithm>

namespace sensorium {
namespace {

std::string kinds_text(const std::vector<BlipKind>& kinds) {
  std::string text;
  for (const BlipKind kind : kinds) text += (text.empty() ? "" : " or ") + name_of(kind);
  return text + fmt::format(" ({})", architecture_of(kinds.front()));
}

}  // namespace

BlipModel load_blip_model(const std::string& operation, const fs::path& folder, const std::vector<BlipKind>& kinds,
                          const RuntimeOptions& runtime) {
  const std::string source = (folder / "config.json").string();
  const Json json = read_json(source);
  const auto type = json_get<std::string>(json, "model_type", source);
  if (type != "blip")
    throw InputError(operation, "{}: expected {}, got a model of type \"{}\"", folder.string(), kinds_text(kinds),
                     type);
  const BlipKind kind = parse_blip_config(json, source).kind;
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
    throw InputError(operation, "{}: expected {}, got {}", folder.string(), kinds_text(kinds), name_of(kind));
  runtime.apply(folder);
  return load_blip_bundle<rt::Tensor>(folder);
}

rt::Tensor look(const BlipModel& model, const rt::Tensor& pixels) {
  return encode_pixels(model.model.vision, pixels);
}

std::string text_of(const BlipModel& model, std::span<const int64_t> ids) {
  std::vector<int32_t> words = words_of(model.model.config.text, ids);
  // vocab_size of a model may be more than its tokenizer knows ([ENC], which begins texts to be matched).
  std::erase_if(words, [&](int32_t id) { return id >= model.tokenizer->vocab_size(); });
  return model.tokenizer->decode(words);
}

}  // namespace sensorium
