#include "sensorium/base/json.h"
#include "sensorium/text/bpe_tokenizer.h"
#include "sensorium/text/sentencepiece_tokenizer.h"
#include "sensorium/text/unigram_tokenizer.h"
#include "sensorium/text/wordpiece_tokenizer.h"

namespace sensorium {

namespace {

/// {"token": id, ...} in the order of the ids. Written by hand: an ordered JSON object would search itself at each
/// token.
std::string vocabulary_text(const Vocabulary& vocabulary) {
  std::string text = "{";
  for (size_t id = 0; id < vocabulary.tokens().size(); ++id) {
    const std::string& token = vocabulary.tokens()[id];
    if (token.empty()) continue;  // a gap
    if (text.size() > 1) text += ",";
    text += Json(token).dump() + ":" + std::to_string(id);
  }
  return text + "}";
}

std::string merges_text(const std::vector<Merge>& merges) {
  Json list = Json::array();
  for (const auto& [left, right] : merges) list.push_back({left, right});
  return list.dump();
}

/// The special tokens by the names of transformers, in a fixed order.
OrderedJson special_tokens(const Tokenizer& tokenizer, const Vocabulary& vocabulary) {
  const auto& s = tokenizer.special();
  OrderedJson map = OrderedJson::object();
  const std::pair<const char*, int32_t> all[] = {{"bos_token", s.bos},  {"eos_token", s.eos}, {"unk_token", s.unk},
                                                 {"sep_token", s.sep},  {"pad_token", s.pad}, {"cls_token", s.cls},
                                                 {"mask_token", s.mask}};
  for (const auto& [name, id] : all)
    if (id >= 0) map[name] = vocabulary.token(id);
  return map;
}

OrderedJson base_config(const Tokenizer& tokenizer, const Vocabulary& vocabulary, const char* class_name) {
  OrderedJson config = special_tokens(tokenizer, vocabulary);
  config["tokenizer_class"] = class_name;
  if (tokenizer.max_length() > 0) config["model_max_length"] = tokenizer.max_length();
  if (tokenizer.settings().pad_left) config["padding_side"] = "left";
  return config;
}

OrderedJson added_tokens(const Tokenizer& tokenizer) {
  auto tokens = tokenizer.settings().added;
  std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  OrderedJson list = OrderedJson::array();
  for (const auto& t : tokens)
    list.push_back({{"id", t.id},
                    {"content", t.content},
                    {"single_word", false},
                    {"lstrip", t.lstrip},
                    {"rstrip", t.rstrip},
                    {"normalized", t.normalized},
                    {"special", t.special}});
  return list;
}

/// A TemplateProcessing post-processor with the ids around texts; null when there are none.
OrderedJson template_processing(const Tokenizer& tokenizer, const Vocabulary& vocabulary) {
  const TokenFrame& frame = tokenizer.settings().frame;
  if (frame.prefix.empty() && frame.middle.empty() && frame.suffix.empty()) return nullptr;
  const int second = frame.second_has_type_1 ? 1 : 0;
  OrderedJson known = OrderedJson::object();
  const auto put = [&](OrderedJson& list, const std::vector<int32_t>& ids, int type) {
    for (int32_t id : ids) {
      const std::string& token = vocabulary.token(id);
      list.push_back({{"SpecialToken", {{"id", token}, {"type_id", type}}}});
      known[token] = {{"id", token}, {"ids", {id}}, {"tokens", {token}}};
    }
  };
  const auto sequence = [](const char* id, int type) {
    return OrderedJson{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  OrderedJson single = OrderedJson::array(), pair = OrderedJson::array();
  put(single, frame.prefix, 0);
  single.push_back(sequence("A", 0));
  put(single, frame.suffix, 0);
  put(pair, frame.prefix, 0);
  pair.push_back(sequence("A", 0));
  put(pair, frame.middle, 0);
  pair.push_back(sequence("B", second));
  put(pair, frame.suffix, second);
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", known}};
}

/// tokenizer.json: everything but the model, then the model's fields, its vocabulary and its merges.
std::string tokenizer_json(const OrderedJson& head, const OrderedJson& model, const Vocabulary& vocabulary,
                           const std::vector<Merge>* merges) {
  std::string text = head.dump(), fields = model.dump();
  text.pop_back();
  fields.pop_back();
  text += ",\"model\":" + fields + ",\"vocab\":" + vocabulary_text(vocabulary);
  if (merges != nullptr) text += ",\"merges\":" + merges_text(*merges);
  return text + "}}\n";
}

OrderedJson document_head(const Tokenizer& tokenizer) {
  return {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", added_tokens(tokenizer)}};
}

void write_common(const fs::path& folder, const OrderedJson& config, const OrderedJson& special) {
  write_file(folder / "tokenizer_config.json", config.dump(2) + "\n");
  write_file(folder / "special_tokens_map.json", special.dump(2) + "\n");
}

OrderedJson byte_level(bool add_prefix_space) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}, {"trim_offsets", true}, {"use_regex", true}};
}

void write_bpe(const fs::path& folder, const OrderedJson& head, const OrderedJson& model, const Vocabulary& vocabulary,
               const std::vector<Merge>& merges) {
  write_file(folder / "tokenizer.json", tokenizer_json(head, model, vocabulary, &merges));
  write_file(folder / "vocab.json", vocabulary_text(vocabulary));
  write_file(folder / "merges.txt", format_merges(merges));
}

OrderedJson bpe_model(const OrderedJson& unk, const char* prefix_and_suffix_set) {
  const bool set = prefix_and_suffix_set != nullptr;
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unk},
          {"continuing_subword_prefix", set ? OrderedJson("") : OrderedJson(nullptr)},
          {"end_of_word_suffix", set ? OrderedJson(prefix_and_suffix_set) : OrderedJson(nullptr)},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false}};
}

}  // namespace

void ClipTokenizer::save(const fs::path& folder) const {
  make_directories(folder);
  constexpr const char* pattern =
      R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
  const auto& s = special();
  OrderedJson head = document_head(*this);
  head["normalizer"] = {{"type", "Sequence"},
                        {"normalizers",
                         {{{"type", "NFC"}},
                          {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
                          {{"type", "Lowercase"}}}}};
  head["pre_tokenizer"] = {
      {"type", "Sequence"},
      {"pretokenizers",
       {{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Removed"}, {"invert", true}},
        byte_level(false)}}};
  const auto token_and_id = [&](int32_t id) { return OrderedJson::array({vocabulary_.token(id), id}); };
  head["post_processor"] = {{"type", "RobertaProcessing"},
                            {"sep", token_and_id(s.eos)},
                            {"cls", token_and_id(s.bos)},
                            {"trim_offsets", false},
                            {"add_prefix_space", false}};
  head["decoder"] = byte_level(true);
  const OrderedJson unk = s.unk >= 0 ? OrderedJson(vocabulary_.token(s.unk)) : OrderedJson(nullptr);
  OrderedJson config = base_config(*this, vocabulary_, "CLIPTokenizer");
  if (cleaning_ != Cleaning::none) config["clean"] = cleaning_ == Cleaning::lower ? "lower" : "canonicalize";
  write_bpe(folder, head, bpe_model(unk, "</w>"), vocabulary_, merges_);
  write_common(folder, config, special_tokens(*this, vocabulary_));
}

void ByteLevelBpeTokenizer::save(const fs::path& folder) const {
  make_directories(folder);
  OrderedJson head = document_head(*this);
  head["normalizer"] = nullptr;
  head["pre_tokenizer"] = byte_level(add_prefix_space_);
  const OrderedJson frame = template_processing(*this, vocabulary_);
  head["post_processor"] = frame.is_null() ? byte_level(true) : frame;
  head["decoder"] = byte_level(true);
  OrderedJson config = base_config(*this, vocabulary_, "GPT2Tokenizer");
  config["add_prefix_space"] = add_prefix_space_;
  write_bpe(folder, head, bpe_model(nullptr, nullptr), vocabulary_, merges_);
  write_common(folder, config, special_tokens(*this, vocabulary_));
}

void WordPieceTokenizer::save(const fs::path& folder) const {
  make_directories(folder);
  const auto& n = normalization_;
  const OrderedJson accents = n.strip_accents == n.lowercase ? OrderedJson(nullptr) : OrderedJson(n.strip_accents);
  OrderedJson head = document_head(*this);
  head["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", n.clean_text},
                        {"handle_chinese_chars", n.handle_chinese_chars},
                        {"strip_accents", accents},
                        {"lowercase", n.lowercase}};
  head["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  head["post_processor"] = template_processing(*this, vocabulary_);
  head["decoder"] = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  const OrderedJson model = {{"type", "WordPiece"},
                             {"unk_token", vocabulary_.token(special().unk)},
                             {"continuing_subword_prefix", "##"},
                             {"max_input_chars_per_word", longest_word_}};
  write_file(folder / "tokenizer.json", tokenizer_json(head, model, vocabulary_, nullptr));
  std::string lines;
  for (const auto& token : vocabulary_.tokens()) lines += token + "\n";
  write_file(folder / "vocab.txt", lines);
  OrderedJson config = base_config(*this, vocabulary_, "BertTokenizer");
  config["do_lower_case"] = n.lowercase;
  config["strip_accents"] = accents;
  config["tokenize_chinese_chars"] = n.handle_chinese_chars;
  write_common(folder, config, special_tokens(*this, vocabulary_));
}

void UnigramTokenizer::save(const fs::path& folder) const {
  make_directories(folder);
  write_file(folder / "tokenizer.json", document_);
  OrderedJson config = base_config(*this, vocabulary_, "PreTrainedTokenizerFast");
  if (!config_.empty()) {
    OrderedJson read = OrderedJson::parse(config_);
    if (max_length() > 0) read["model_max_length"] = max_length();
    config = std::move(read);
  }
  write_common(folder, config, special_tokens(*this, vocabulary_));
}

void SentencePieceTokenizer::save(const fs::path& folder) const {
  make_directories(folder);
  write_file(folder / file_name_, model_.bytes);
  if (class_name_.empty() && settings_.added.empty()) return;  // no more than a model, so that it is read as one
  OrderedJson config = base_config(*this, vocabulary_, class_name_.c_str());
  if (class_name_.empty()) config.erase("tokenizer_class");
  config["add_bos_token"] = !settings().frame.prefix.empty();
  config["add_eos_token"] = !settings().frame.suffix.empty();
  if (siglip_) config["do_lower_case"] = siglip_lowercase_;
  OrderedJson& added = config["added_tokens_decoder"] = OrderedJson::object();
  for (OrderedJson token : added_tokens(*this)) {
    const std::string id = std::to_string(token["id"].get<int32_t>());
    token.erase("id");
    added[id] = token;
  }
  write_common(folder, config, special_tokens(*this, vocabulary_));
}

}  // namespace sensorium
