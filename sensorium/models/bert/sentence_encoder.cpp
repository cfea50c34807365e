#include "sensorium/models/bert/sentence_encoder.h"

#include "sensorium/models/config_files.h"

namespace sensorium {
namespace {

SentencePooling read_pooling(const fs::path& path) {
  const Json json = read_json(path);
  const std::string source = path.string();
  const bool mean = json_get_or<bool>(json, "pooling_mode_mean_tokens", false, source);
  const bool cls = json_get_or<bool>(json, "pooling_mode_cls_token", false, source);
  for (const char* other : {"pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens",
                            "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"})
    if (json_get_or<bool>(json, other, false, source))
      throw InputError("config", "{}: expected pooling over mean tokens or the first token, got {}", source, other);
  if (mean == cls)
    throw InputError("config", "{}: expected one of pooling_mode_mean_tokens and pooling_mode_cls_token, got {}",
                     source, mean ? "both" : "neither");
  return mean ? SentencePooling::mean : SentencePooling::cls;
}

/// The last word of "sentence_transformers.models.Pooling".
std::string module_kind(const std::string& type) {
  return type.substr(type.rfind('.') + 1);
}

void read_modules(const fs::path& folder, SentenceEncoderConfig& config) {
  const fs::path path = folder / "modules.json";
  const Json modules = read_json(path);
  config.normalize = false;
  for (const Json& module : modules) {
    const std::string kind = module_kind(json_get<std::string>(module, "type", path.string()));
    if (kind == "Pooling") {
      const fs::path place = json_get<std::string>(module, "path", path.string());
      if (place.is_absolute() || place.string().find("..") != std::string::npos)
        throw InputError("config", "{}: expected a path inside the folder, got \"{}\"", path.string(), place.string());
      config.pooling = read_pooling(folder / place / "config.json");
    } else if (kind == "Normalize") {
      config.normalize = true;
    } else if (kind != "Transformer") {
      throw InputError("config", "{}: expected modules Transformer, Pooling and Normalize, got {}", path.string(),
                       kind);
    }
  }
}

}  // namespace

SentenceEncoderConfig read_sentence_encoder_config(const fs::path& folder) {
  SentenceEncoderConfig config;
  const fs::path path = folder / "config.json";
  const Json json = read_json(path);
  if (const auto type = json_get<std::string>(json, "model_type", path.string()); type != "bert")
    throw InputError("config", "{}: expected model_type bert, got \"{}\"", path.string(), type);
  ConfigFields fields = ConfigFields::reader(json, path.string());
  config.bert.describe(fields);
  if (fs::exists(folder / "modules.json")) read_modules(folder, config);
  if (const fs::path more = folder / "sentence_bert_config.json"; fs::exists(more))
    config.max_length = json_get_or<int64_t>(read_json(more), "max_seq_length", 0, more.string());
  return config;
}

OrderedJson to_json(const BertConfig& config) {
  OrderedJson json = config_head("BertModel", "bert");
  BertConfig copy = config;
  ConfigFields fields = ConfigFields::writer(json);
  copy.describe(fields);
  return json;
}

void write_sentence_modules(const SentenceEncoderConfig& config, const fs::path& folder) {
  OrderedJson modules = OrderedJson::array();
  const auto add = [&](const char* path, const char* kind) {
    modules.push_back({{"idx", modules.size()},
                       {"name", std::to_string(modules.size())},
                       {"path", path},
                       {"type", std::string("sentence_transformers.models.") + kind}});
  };
  add("", "Transformer");
  add("1_Pooling", "Pooling");
  if (config.normalize) add("2_Normalize", "Normalize");
  const bool mean = config.pooling == SentencePooling::mean;
  const OrderedJson pooling{{"word_embedding_dimension", config.bert.hidden_size},
                            {"pooling_mode_cls_token", !mean},
                            {"pooling_mode_mean_tokens", mean},
                            {"pooling_mode_max_tokens", false},
                            {"pooling_mode_mean_sqrt_len_tokens", false}};
  make_directories(folder / "1_Pooling");
  write_file(folder / "modules.json", modules.dump(2) + "\n");
  write_file(folder / "1_Pooling" / "config.json", pooling.dump(2) + "\n");
  const int64_t length = config.max_length ? config.max_length : config.bert.max_position_embeddings;
  const OrderedJson sentence{{"max_seq_length", length}, {"do_lower_case", false}};
  write_file(folder / "sentence_bert_config.json", sentence.dump(2) + "\n");
}

}  // namespace sensorium
