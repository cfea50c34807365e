#include <algorithm>

#include "sensorium/text/bpe_tokenizer.h"
#include "sensorium/text/tokenizer_files.h"
#include "sensorium/text/wordpiece_tokenizer.h"

namespace sensorium {

namespace {

using namespace tokenizer_files;

constexpr Defaults kClip = {"<|startoftext|>", "<|endoftext|>", "<|endoftext|>", "", "<|endoftext|>", "", ""};
constexpr Defaults kGpt2 = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", "", "", "", ""};
constexpr Defaults kBert = {"", "", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};

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
  settings.frame =
      read_frame(processor, cls >= 0 && sep >= 0 ? TokenFrame{{cls}, {sep}, {sep}, true} : TokenFrame{}, source);
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
  if (type == "Unigram") return load_unigram(folder, file, source);
  if (type != "BPE" && type != "WordPiece")
    throw InputError(kOperation, "{}: expected a model of type BPE, WordPiece or Unigram, got {}", source, type);
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

std::unique_ptr<Tokenizer> load_by_files(const fs::path& path) {
  Folder folder{path, read_object_if_present(path / "tokenizer_config.json"),
                read_object_if_present(path / "special_tokens_map.json"),
                read_object_if_present(path / "open_clip_config.json")};
  if (folder.has("tokenizer.json")) return from_tokenizer_json(folder);
  if (folder.has("vocab.json") && folder.has("merges.txt")) return from_vocab_and_merges(folder);
  if (folder.has("vocab.txt")) return from_vocab_txt(folder);
  if (const fs::path model = find_sentencepiece(path); !model.empty()) return load_sentencepiece(folder, model);
  throw InputError(
      kOperation,
      "{}: expected tokenizer.json, vocab.json with merges.txt, vocab.txt, or one SentencePiece *.model, got {}",
      path.string(), fs::is_directory(path) ? "none of them" : "no such folder");
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& path) {
  try {
    auto tokenizer = load_by_files(path);
    const TokenFrame& frame = tokenizer->settings().frame;
    for (const auto* ids : {&frame.prefix, &frame.middle, &frame.suffix})
      for (int32_t id : *ids)
        if (id < 0 || id >= tokenizer->vocab_size())
          throw InputError(kOperation, "{}: expected the tokens around texts to be ids from 0 to {}, got {}",
                           path.string(), tokenizer->vocab_size() - 1, id);
    return tokenizer;
  } catch (const Json::exception& e) {  // a value of another type where the format leaves no doubt
    throw InputError(kOperation, "{}: expected tokenizer files as transformers writes them, got {}", path.string(),
                     e.what());
  }
}

}  // namespace sensorium
