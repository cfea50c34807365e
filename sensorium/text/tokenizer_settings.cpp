#include <algorithm>

#include "sensorium/text/tokenizer_files.h"

namespace sensorium::tokenizer_files {

namespace {

constexpr double kUnlimited = 1e9;  // transformers writes 1e30 for "no limit"

/// A token given as a string or as an object with "content"; "" when missing or null.
std::string token_text(const Json& object, const std::string& key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  if (it == object.end()) return "";
  if (it->is_string()) return it->get<std::string>();
  return it->is_object() ? it->value("content", "") : "";
}

/// An id as an added token may have it; larger ones would only allocate.
int32_t checked_id(int64_t id, const std::string& source) {
  constexpr int64_t most = (int64_t{1} << 24) - 1;
  if (id < 0 || id > most)
    throw InputError(kOperation, "{}: expected ids of added tokens from 0 to {}, got {}", source, most, id);
  return static_cast<int32_t>(id);
}

AddedToken added_token(const Json& entry, int64_t id, const std::string& source) {
  AddedToken token;
  token.content = json_get<std::string>(entry, "content", source);
  token.id = checked_id(id, source);
  token.special = json_get_or<bool>(entry, "special", false, source);
  token.normalized = json_get_or<bool>(entry, "normalized", false, source);
  token.lstrip = json_get_or<bool>(entry, "lstrip", false, source);
  token.rstrip = json_get_or<bool>(entry, "rstrip", false, source);
  return token;
}

/// Puts a token into the vocabulary under `id` (or the next free one when -1) unless it is there; its id.
int32_t place(Vocabulary& vocabulary, const std::string& token, int64_t id, const std::string& source) {
  const int32_t known = vocabulary.find(token);
  if (known >= 0 && (id < 0 || id == known)) return known;
  if (id < 0) id = vocabulary.size();
  vocabulary.add(token, id, source);
  return static_cast<int32_t>(id);
}

int64_t parse_id(const std::string& text, const std::string& source) {
  if (text.empty() || text.size() > 8 ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    throw InputError(kOperation, "{}: expected a token id as key of added_tokens_decoder, got \"{}\"", source, text);
  return std::stoll(text);
}

/// Added tokens of tokenizer.json (`listed`), of tokenizer_config.json and of added_tokens.json, placed in the
/// vocabulary.
std::vector<AddedToken> added_tokens(const Folder& folder, const Json& listed, Vocabulary& vocabulary) {
  std::vector<AddedToken> added;
  const auto put = [&](AddedToken token, const std::string& source) {
    place(vocabulary, token.content, token.id, source);
    const auto same = [&](const AddedToken& t) { return t.id == token.id; };
    if (std::none_of(added.begin(), added.end(), same)) added.push_back(std::move(token));
  };
  if (listed.is_array()) {
    const std::string source = folder.source("tokenizer.json");
    for (const auto& entry : listed) put(added_token(entry, json_get<int64_t>(entry, "id", source), source), source);
  }
  if (folder.config.is_object() && folder.config.contains("added_tokens_decoder")) {
    const std::string source = folder.source("tokenizer_config.json");
    for (const auto& [id, entry] : folder.config["added_tokens_decoder"].items())
      put(added_token(entry, parse_id(id, source), source), source);
  }
  if (folder.has("added_tokens.json")) {
    const std::string source = folder.source("added_tokens.json");
    const Json tokens = read_object_if_present(folder.path / "added_tokens.json");
    for (const auto& [content, id] : tokens.items()) {
      AddedToken token;
      token.content = content;
      token.id = checked_id(json_detail::convert<int64_t>(id, content, source), source);
      put(std::move(token), source);
    }
  }
  return added;
}

}  // namespace

TokenizerSettings read_settings(const Folder& folder, const Json& listed, Vocabulary& vocabulary,
                                const Defaults& names) {
  TokenizerSettings settings;
  settings.added = added_tokens(folder, listed, vocabulary);
  const std::string source = folder.source("tokenizer_config.json");
  const auto resolve = [&](const std::string& token, bool named) {
    if (token.empty()) return -1;
    const int32_t id = named ? place(vocabulary, token, -1, source) : vocabulary.find(token);
    const auto same = [&](const AddedToken& t) { return t.id == id; };
    const auto it = std::find_if(settings.added.begin(), settings.added.end(), same);
    if (it != settings.added.end())
      it->special = true;
    else if (id >= 0)
      settings.added.push_back({token, id});
    return id;
  };
  const auto special = [&](const char* key, const char* fallback) {
    std::string token = token_text(folder.config, key);
    if (token.empty()) token = token_text(folder.special_map, key);
    return token.empty() ? resolve(fallback, false) : resolve(token, true);
  };
  auto& ids = settings.special;
  ids.bos = special("bos_token", names.bos);
  ids.eos = special("eos_token", names.eos);
  ids.unk = special("unk_token", names.unk);
  ids.sep = special("sep_token", names.sep);
  ids.pad = special("pad_token", names.pad);
  ids.cls = special("cls_token", names.cls);
  ids.mask = special("mask_token", names.mask);
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"})
    for (const Json* file : {&folder.config, &folder.special_map})
      if (file->is_object() && file->contains(key) && (*file)[key].is_array())
        for (const auto& token : (*file)[key])
          resolve(token.is_string() ? token.get<std::string>() : token_text(Json{{"token", token}}, "token"), true);
  settings.fill = ids.pad >= 0 ? ids.pad : std::max(ids.eos, 0);
  const double length = json_get_or<double>(folder.config, "model_max_length", 0, source);
  settings.max_length = length >= 1 && length < kUnlimited ? static_cast<int64_t>(length) : 0;
  const auto side = json_get_or<std::string>(folder.config, "padding_side", "right", source);
  if (side != "right" && side != "left")
    throw InputError(kOperation, "{}: expected \"right\" or \"left\" for padding_side, got \"{}\"", source, side);
  settings.pad_left = side == "left";
  return settings;
}

Json read_object_if_present(const fs::path& path) {
  if (!fs::exists(path)) return nullptr;
  Json value = read_json(path);
  if (!value.is_object())
    throw InputError(kOperation, "{}: expected an object, got {}", path.string(), value.type_name());
  return value;
}

}  // namespace sensorium::tokenizer_files
