#include "sensorium/train/classifier_config.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <functional>

namespace sensorium {
namespace {

constexpr int64_t kMany = int64_t{1} << 20;

bool is_one_of(const std::string& word, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}
bool is_kind(const std::string& word) {
  return is_one_of(word, {"features", "picture", "sound", "text"});
}
bool is_encoder(const std::string& word) {
  return is_one_of(word, {"mlp", "cnn", "gru", "lstm"});
}
bool is_name(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

int64_t number(const Json& json, const char* key, const std::string& source, int64_t low = 1) {
  const auto value = json_get<int64_t>(json, key, source);
  if (value < low || value > kMany)
    throw InputError("classifier", "{}: expected {} from {} to {}, got {}", source, key, low, kMany, value);
  return value;
}

std::string word(const Json& json, const char* key, const std::string& source,
                 const std::function<bool(const std::string&)>& known) {
  auto value = json_get<std::string>(json, key, source);
  if (!known(value)) throw InputError("classifier", "{}: expected a known {}, got \"{}\"", source, key, value);
  return value;
}

}  // namespace

ModalitySpec parse_modality(const std::string& text) {
  const size_t equals = text.find('='), colon = text.find(':', equals == std::string::npos ? 0 : equals);
  ModalitySpec m;
  if (equals != std::string::npos && colon != std::string::npos) {
    m.name = text.substr(0, equals);
    m.kind = text.substr(equals + 1, colon - equals - 1);
    m.source = text.substr(colon + 1);
    const size_t at = m.source.rfind('@');
    if (at != std::string::npos && is_encoder(m.source.substr(at + 1))) {
      m.encoder = m.source.substr(at + 1);
      m.source.erase(at);
    }
  }
  if (!is_name(m.name) || !is_kind(m.kind) || m.source.empty())
    throw UsageError("train classifier",
                     "expected --modality NAME=KIND:SOURCE[@ENCODER] with KIND features, picture, sound or text and "
                     "ENCODER mlp, cnn, gru or lstm, got \"{}\"",
                     text);
  if (m.encoder.empty()) m.encoder = m.kind == "features" ? "mlp" : m.kind == "text" ? "gru" : "cnn";
  return m;
}

OrderedJson to_json(const ClassifierConfig& c) {
  OrderedJson modalities = OrderedJson::array();
  for (const ModalitySpec& m : c.modalities)
    modalities.push_back(
        {{"name", m.name}, {"kind", m.kind}, {"source", m.source}, {"encoder", m.encoder}, {"inputs", m.inputs}});
  return {{"model_type", kClassifierModelType},
          {"classes", c.classes},
          {"modalities", modalities},
          {"fusion", c.fusion},
          {"width", c.width},
          {"hidden", c.hidden},
          {"tensor_rank", c.tensor_rank},
          {"bottleneck_tokens", c.bottleneck_tokens},
          {"heads", c.heads},
          {"image_size", c.image_size},
          {"mel_bands", c.mel_bands},
          {"max_tokens", c.max_tokens},
          {"sound_seconds", c.sound_seconds}};
}

ClassifierConfig parse_classifier_config(const Json& json, const std::string& source) {
  word(json, "model_type", source, [](const std::string& w) { return w == kClassifierModelType; });
  ClassifierConfig c;
  c.classes = json_get<std::vector<std::string>>(json, "classes", source);
  for (const Json& m : json_get<std::vector<Json>>(json, "modalities", source))
    c.modalities.push_back({word(m, "name", source, is_name), word(m, "kind", source, is_kind),
                            json_get<std::string>(m, "source", source), word(m, "encoder", source, is_encoder),
                            number(m, "inputs", source, 0)});
  if (c.classes.size() < 2 || c.modalities.empty())
    throw InputError("classifier", "{}: expected at least 2 classes and a modality, got {} and {}", source,
                     c.classes.size(), c.modalities.size());
  c.fusion = word(json, "fusion", source, [](const std::string& w) {
    return is_one_of(w, {"concatenate", "gated", "tensor", "attention"});
  });
  c.width = number(json, "width", source);
  c.hidden = number(json, "hidden", source);
  c.tensor_rank = number(json, "tensor_rank", source);
  c.bottleneck_tokens = number(json, "bottleneck_tokens", source);
  c.heads = number(json, "heads", source);
  if (c.fusion == "attention" && c.width % c.heads != 0)
    throw InputError("classifier", "{}: expected heads that divide width {}, got {}", source, c.width, c.heads);
  c.image_size = number(json, "image_size", source, 8);
  c.mel_bands = number(json, "mel_bands", source);
  c.max_tokens = number(json, "max_tokens", source, 3);
  c.sound_seconds = json_get<double>(json, "sound_seconds", source);
  if (!(c.sound_seconds > 0 && c.sound_seconds <= 600))
    throw InputError("classifier", "{}: expected sound_seconds up to 600, got {}", source, c.sound_seconds);
  return c;
}

}  // namespace sensorium
