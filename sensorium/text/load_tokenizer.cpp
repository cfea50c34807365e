#include <algorithm>

#include "sensorium/base/json.h"
#include "sensorium/text/bpe_tokenizer.h"
#include "sensorium/text/wordpiece_tokenizer.h"

namespace sensorium {

namespace {

constexpr const char* kOperation = "tokenizer";
constexpr double kUnlimited = 1e9;  // transformers writes 1e30 for "no limit"

/// The JSON files of a folder that say how its vocabulary is used; null where one is missing.
struct Folder {
  fs::path path;
  Json config, special_map, open_clip;
  std::string source(const char* file) const { return (path / file).string(); }
  bool has(const char* file) const { return fs::exists(path / file); }
};

Json read_object_if_present(const fs::path& path) {
  if (!fs::exists(path)) return nullptr;
  Json value = read_json(path);
  if (!value.is_object())
    throw InputError(kOperation, "{}: expected an object, got {}", path.string(), value.type_name());
  return value;
}

/// A token given as a string or as an object with "content"; "" when missing or null.
std::string token_text(const Json& object, const std::string& key) {
  if (!object.is_object()) return "";
  const auto it = object.find(key);
  if (it == object.end()) return "";
  if (it->is_string()) return it->get<std::string>();
  return it->is_object() ? it->value("content", "") : "";
}

/// Names of the special tokens that a kind of tokenizer has unless its files say otherwise.
struct Defaults {
  const char *bos, *eos, *unk, *sep, *pad, *cls, *mask;
};
constexpr Defaults kClip = {"<|startoftext|>", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>", "", ""};
constexpr Defaults kGpt2 = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""};
constexpr Defaults kBert = {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};

AddedToken added_token(const Json& entry, int64_t id, const std::string& source) {
  AddedToken token;
  token.content = json_get<std::string>(entry, "content", source);
  token.id = static_cast<int32_t>(id);
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
      token.id = static_cast<int32_t>(json_detail::convert<int64_t>(id, content, source));
      put(std::move(token), source);
    }
  }
  return added;
}

/// Resolves the special tokens, adds those that the files name and the vocabulary lacks, and reads the limits.
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

/// The ids around texts from a TemplateProcessing post-processor.
Frame template_frame(const Json& processor, const std::string& source) {
  Frame frame;
  const auto walk = [&](const char* which, auto&& token, auto&& sequence) {
    for (const auto& piece : json_get<Json>(processor, which, source)) {
      if (piece.contains("Sequence")) {
        sequence(json_get<std::string>(piece["Sequence"], "id", source), piece["Sequence"].value("type_id", 0));
        continue;
      }
      const auto name = json_get<std::string>(json_get<Json>(piece, "SpecialToken", source), "id", source);
      const Json known = json_get<Json>(json_get<Json>(processor, "special_tokens", source), name, source);
      for (int32_t id : json_get<std::vector<int32_t>>(known, "ids", source)) token(id);
    }
  };
  auto* at = &frame.prefix;
  walk(
      "single", [&](int32_t id) { at->push_back(id); }, [&](const std::string&, int) { at = &frame.suffix; });
  bool between = false;
  walk(
      "pair",
      [&](int32_t id) {
        if (between) frame.middle.push_back(id);
      },
      [&](const std::string& id, int type) {
        between = id == "A";
        if (id == "B") frame.second_has_type_1 = type == 1;
      });
  return frame;
}

/// The ids around texts that tokenizer.json's post-processor adds; `fallback` when it has none.
Frame read_frame(const Json& processor, const Frame& fallback, const std::string& source) {
  const std::string type = processor.is_object() ? processor.value("type", "") : "";
  if (type == "TemplateProcessing") return template_frame(processor, source);
  if (type == "RobertaProcessing" || type == "BertProcessing") {
    const auto id_of = [&](const char* key) {
      const auto pair = json_get<Json>(processor, key, source);
      if (!pair.is_array() || pair.size() != 2 || !pair[1].is_number_integer())
        throw InputError(kOperation, "{}: expected [token, id] for \"{}\", got {}", source, key, pair.dump());
      return pair[1].get<int32_t>();
    };
    const int32_t cls = id_of("cls"), sep = id_of("sep");
    if (type == "BertProcessing") return {{cls}, {sep}, {sep}, true};
    return {{cls}, {sep, sep}, {sep}, false};
  }
  if (type == "Sequence")
    for (const auto& part : json_get<Json>(processor, "processors", source))
      if (part.value("type", "") != "ByteLevel") return read_frame(part, fallback, source);
  return fallback;
}

std::unique_ptr<Tokenizer> make_clip(const Folder& folder, Vocabulary vocabulary, std::vector<Merge> merges,
                                     const Json& listed, const Json& processor, const std::string& source) {
  auto settings = read_settings(folder, listed, vocabulary, kClip);
  const auto [bos, eos] = std::pair{settings.special.bos, settings.special.eos};
  settings.frame = read_frame(processor, {{bos}, {eos, eos}, {eos}, false}, source);
  std::string clean = json_get_or<std::string>(folder.config, "clean", "", source);
  if (folder.open_clip.is_object() && !folder.has("config.json")) {
    const std::string where = folder.source("open_clip_config.json");
    const Json model = json_get_or<Json>(folder.open_clip, "model_cfg", Json::object(), where);
    const Json text = json_get_or<Json>(model, "text_cfg", Json::object(), where);
    settings.max_length = json_get_or<int64_t>(text, "context_length", 77, where);
    clean = json_get_or<std::string>(json_get_or<Json>(text, "tokenizer_kwargs", Json::object(), where), "clean",
                                     "lower", where);
  }
  if (!clean.empty() && clean != "lower" && clean != "canonicalize")
    throw InputError(kOperation, "{}: expected \"lower\" or \"canonicalize\" for \"clean\", got \"{}\"",
                     folder.path.string(), clean);
  const auto cleaning = clean.empty() ? Cleaning::none : clean == "lower" ? Cleaning::lower : Cleaning::canonicalize;
  if (cleaning != Cleaning::none) settings.fill = 0;
  return std::make_unique<ClipTokenizer>(std::move(vocabulary), std::move(merges), std::move(settings), cleaning,
                                         source);
}

std::unique_ptr<Tokenizer> make_gpt2(const Folder& folder, Vocabulary vocabulary, std::vector<Merge> merges,
                                     const Json& listed, const Json& processor, bool prefix_space,
                                     const std::string& source) {
  auto settings = read_settings(folder, listed, vocabulary, kGpt2);
  settings.frame = read_frame(processor, {}, source);
  return std::make_unique<ByteLevelBpeTokenizer>(std::move(vocabulary), std::move(merges), std::move(settings),
                                                 prefix_space, source);
}

std::unique_ptr<Tokenizer> make_bert(const Folder& folder, Vocabulary vocabulary, const Json& listed,
                                     const Json& processor, BertNormalization normalization, size_t longest_word,
                                     const std::string& source) {
  auto settings = read_settings(folder, listed, vocabulary, kBert);
  const auto [cls, sep] = std::pair{settings.special.cls, settings.special.sep};
  settings.frame = read_frame(processor, cls >= 0 && sep >= 0 ? Frame{{cls}, {sep}, {sep}, true} : Frame{}, source);
  const std::string where = folder.source("tokenizer_config.json");
  const bool accents_follow = normalization.strip_accents == normalization.lowercase;
  normalization.lowercase = json_get_or<bool>(folder.config, "do_lower_case", normalization.lowercase, where);
  normalization.handle_chinese_chars =
      json_get_or<bool>(folder.config, "tokenize_chinese_chars", normalization.handle_chinese_chars, where);
  normalization.strip_accents = json_get_or<bool>(
      folder.config, "strip_accents", accents_follow ? normalization.lowercase : normalization.strip_accents, where);
  return std::make_unique<WordPieceTokenizer>(std::move(vocabulary), std::move(settings), normalization, source,
                                              longest_word);
}

Vocabulary read_vocabulary(const Json& tokens, const std::string& source) {
  if (!tokens.is_object())
    throw InputError(kOperation, "{}: expected a vocabulary object, got {}", source, tokens.type_name());
  Vocabulary vocabulary;
  for (const auto& [token, id] : tokens.items())
    vocabulary.add(token, json_detail::convert<int64_t>(id, token, source), source);
  return vocabulary;
}

std::vector<Merge> read_merges(const Json& list, const std::string& source) {
  if (!list.is_array()) throw InputError(kOperation, "{}: expected a list of merges, got {}", source, list.type_name());
  std::vector<Merge> merges;
  merges.reserve(list.size());
  for (const auto& m : list) {
    if (m.is_array() && m.size() == 2 && m[0].is_string() && m[1].is_string()) {
      merges.emplace_back(m[0].get<std::string>(), m[1].get<std::string>());
      continue;
    }
    const std::string line = m.is_string() ? m.get<std::string>() : "";
    const size_t space = line.find(' ');
    if (space == line.npos || line.find(' ', space + 1) != line.npos)
      throw InputError(kOperation, "{}: expected two tokens for merge {}, got {}", source, merges.size() + 1,
                       m.dump().substr(0, 80));
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

BertNormalization read_normalization(const Json& normalizer, const std::string& source) {
  BertNormalization n;
  const std::string type = normalizer.is_object() ? normalizer.value("type", "") : "none";
  if (type != "BertNormalizer")
    throw InputError(kOperation, "{}: expected the normalizer BertNormalizer with a WordPiece model, got {}", source,
                     type);
  n.clean_text = json_get_or<bool>(normalizer, "clean_text", true, source);
  n.handle_chinese_chars = json_get_or<bool>(normalizer, "handle_chinese_chars", true, source);
  n.lowercase = json_get_or<bool>(normalizer, "lowercase", true, source);
  n.strip_accents = json_get_or<bool>(normalizer, "strip_accents", n.lowercase, source);
  return n;
}

std::unique_ptr<Tokenizer> from_tokenizer_json(const Folder& folder) {
  const std::string source = folder.source("tokenizer.json");
  const Json file = read_json(folder.path / "tokenizer.json");
  const Json& model = file.is_object() && file.contains("model") ? file["model"] : Json();
  const Json listed = json_get_or<Json>(file, "added_tokens", nullptr, source);
  const Json processor = json_get_or<Json>(file, "post_processor", nullptr, source);
  const bool has_merges = model.is_object() && model.contains("merges");
  const auto type = json_get_or<std::string>(model, "type", has_merges ? "BPE" : "none", source);
  if (type != "BPE" && type != "WordPiece")
    throw InputError(kOperation, "{}: expected a model of type BPE or WordPiece, got {}", source, type);
  auto vocabulary = read_vocabulary(json_get<Json>(model, "vocab", source), source);
  if (type == "WordPiece") {
    const auto prefix = json_get_or<std::string>(model, "continuing_subword_prefix", "##", source);
    if (prefix != "##")
      throw InputError(kOperation, "{}: expected the continuing_subword_prefix \"##\", got \"{}\"", source, prefix);
    const auto longest = json_get_or<int64_t>(model, "max_input_chars_per_word", 100, source);
    return make_bert(folder, std::move(vocabulary), listed, processor,
                     read_normalization(json_get_or<Json>(file, "normalizer", nullptr, source), source),
                     static_cast<size_t>(std::max<int64_t>(longest, 0)), source);
  }
  auto merges = read_merges(json_get<Json>(model, "merges", source), source);
  if (json_get_or<std::string>(model, "end_of_word_suffix", "", source) == "</w>")
    return make_clip(folder, std::move(vocabulary), std::move(merges), listed, processor, source);
  const Json split = json_get_or<Json>(file, "pre_tokenizer", nullptr, source);
  const std::string split_type = split.is_object() ? split.value("type", "") : "none";
  const bool normalizes = file.contains("normalizer") && !file["normalizer"].is_null();
  if (split_type != "ByteLevel" || normalizes || !json_get_or<bool>(split, "use_regex", true, source))
    throw InputError(kOperation,
                     "{}: expected CLIP's BPE (end_of_word_suffix \"</w>\") or GPT-2's (pre_tokenizer ByteLevel, no "
                     "normalizer), got pre_tokenizer {}",
                     source, split_type);
  return make_gpt2(folder, std::move(vocabulary), std::move(merges), listed, processor,
                   json_get_or<bool>(split, "add_prefix_space", false, source), source);
}

std::unique_ptr<Tokenizer> from_vocab_and_merges(const Folder& folder) {
  const std::string source = folder.source("vocab.json");
  auto vocabulary = read_vocabulary(read_json(folder.path / "vocab.json"), source);
  auto merges = parse_merges(read_file(folder.path / "merges.txt"), folder.source("merges.txt"));
  const auto name =
      json_get_or<std::string>(folder.config, "tokenizer_class", "", folder.source("tokenizer_config.json"));
  if (name.starts_with("CLIP") || (name.empty() && vocabulary.find("<|startoftext|>") >= 0))
    return make_clip(folder, std::move(vocabulary), std::move(merges), nullptr, nullptr, source);
  return make_gpt2(folder, std::move(vocabulary), std::move(merges), nullptr, nullptr,
                   json_get_or<bool>(folder.config, "add_prefix_space", false, source), source);
}

std::unique_ptr<Tokenizer> from_vocab_txt(const Folder& folder) {
  const std::string source = folder.source("vocab.txt");
  const std::string content = read_file(folder.path / "vocab.txt");
  std::vector<std::string> tokens;
  for (size_t at = 0; at < content.size();) {
    const size_t end = std::min(content.find('\n', at), content.size());
    tokens.emplace_back(content.substr(at, end - at));
    if (tokens.back().ends_with('\r')) tokens.back().pop_back();
    at = end + 1;
  }
  return make_bert(folder, Vocabulary(std::move(tokens), source), nullptr, nullptr, {}, 100, source);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  Folder folder{path, read_object_if_present(path / "tokenizer_config.json"),
                read_object_if_present(path / "special_tokens_map.json"),
                read_object_if_present(path / "open_clip_config.json")};
  if (folder.has("tokenizer.json")) return from_tokenizer_json(folder);
  if (folder.has("vocab.json") && folder.has("merges.txt")) return from_vocab_and_merges(folder);
  if (folder.has("vocab.txt")) return from_vocab_txt(folder);
  throw InputError(kOperation, "{}: expected tokenizer.json, vocab.json with merges.txt, or vocab.txt, got {}",
                   path.string(), fs::is_directory(path) ? "none of them" : "no such folder");
}

}  // namespace sensorium
