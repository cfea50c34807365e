// tokenizer.json with a Unigram model: its normalisers, its way of cutting words, its pieces.
#include "sensorium/base/base64.h"
#include "sensorium/text/tokenizer_files.h"
#include "sensorium/text/unigram_tokenizer.h"

namespace sensorium::tokenizer_files {

namespace {

using Kind = NormalizerStep::Kind;

constexpr Defaults kUnigram = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};
constexpr Defaults kT5 = {"", "</s>", "<unk>", "", "<pad>", "", ""};

NormalizerStep replace_step(const Json& json, const std::string& source) {
  NormalizerStep step{Kind::replace};
  step.content = json_get<std::string>(json, "content", source);
  const Json pattern = json_get<Json>(json, "pattern", source);
  if (pattern.is_object() && pattern.contains("String")) {
    step.pattern = json_get<std::string>(pattern, "String", source);
    return step;
  }
  const auto expression = json_get<std::string>(pattern, "Regex", source);
  if (expression == " {2,}")
    step.kind = Kind::replace_spaces;
  else if (expression == "\\s+")
    step.kind = Kind::replace_white;
  else if (expression.find_first_of("\\^$.|?*+()[]{}") == expression.npos)
    step.pattern = expression;
  else
    throw InputError(kOperation,
                     "{}: expected the expression \" {{2,}}\", \"\\s+\" or plain text to replace, got \"{}\"", source,
                     expression);
  return step;
}

void read_step(const Json& json, std::vector<NormalizerStep>& steps, const std::string& source) {
  const auto type = json_get<std::string>(json, "type", source);
  if (type == "Sequence") {
    for (const Json& part : json_get<Json>(json, "normalizers", source)) read_step(part, steps, source);
  } else if (type == "Precompiled") {
    NormalizerStep step{Kind::precompiled};
    const auto blob = base64_decode(json_get<std::string>(json, "precompiled_charsmap", source), source);
    step.charsmap = std::make_shared<Charsmap>(blob, source);
    steps.push_back(std::move(step));
  } else if (type == "Replace") {
    steps.push_back(replace_step(json, source));
  } else if (type == "Strip") {
    steps.push_back({.kind = Kind::strip,
                     .left = json_get_or<bool>(json, "strip_left", true, source),
                     .right = json_get_or<bool>(json, "strip_right", true, source)});
  } else if (type == "Prepend") {
    steps.push_back({.kind = Kind::prepend, .content = json_get<std::string>(json, "prepend", source)});
  } else {
    static constexpr std::pair<std::string_view, Kind> simple[] = {{"NFC", Kind::nfc},
                                                                   {"NFD", Kind::nfd},
                                                                   {"NFKC", Kind::nfkc},
                                                                   {"NFKD", Kind::nfkd},
                                                                   {"Nmt", Kind::nmt},
                                                                   {"Lowercase", Kind::lowercase},
                                                                   {"StripAccents", Kind::strip_accents}};
    for (const auto& [name, kind] : simple)
      if (type == name) return steps.push_back({.kind = kind});
    throw InputError(
        kOperation,
        "{}: expected a normalizer NFC, NFD, NFKC, NFKD, Nmt, Lowercase, StripAccents, Strip, Replace, Prepend, "
        "Precompiled or a Sequence of them with a Unigram model, got {}",
        source, type);
  }
}

void read_pre_tokenizer(const Json& json, MetaspaceOptions& options, const std::string& source) {
  const auto type = json_get<std::string>(json, "type", source);
  if (type == "Sequence") {
    for (const Json& part : json_get<Json>(json, "pretokenizers", source)) read_pre_tokenizer(part, options, source);
  } else if (type == "WhitespaceSplit" && !options.metaspace) {
    options.split_white = true;
  } else if (type == "Metaspace") {
    options.metaspace = true;
    const auto symbol = json_get_or<std::string>(json, "replacement", "\u2581", source);
    if (symbol != "\u2581")
      throw InputError(kOperation, "{}: expected the replacement \"\u2581\", got \"{}\"", source, symbol);
    options.split = json_get_or<bool>(json, "split", true, source);
    const bool add = json_get_or<bool>(json, "add_prefix_space", true, source);
    const auto scheme = json_get_or<std::string>(json, "prepend_scheme", add ? "always" : "never", source);
    using Prepend = MetaspaceOptions::Prepend;
    if (scheme != "always" && scheme != "first" && scheme != "never")
      throw InputError(kOperation, "{}: expected always, first or never for prepend_scheme, got \"{}\"", source,
                       scheme);
    options.prepend = scheme == "always" ? Prepend::always : scheme == "first" ? Prepend::first : Prepend::never;
  } else {
    throw InputError(
        kOperation,
        "{}: expected the pre_tokenizer Metaspace, perhaps after WhitespaceSplit, with a Unigram model, got {}", source,
        type);
  }
}

UnigramVocabulary read_pieces(const Json& model, const std::string& source) {
  UnigramVocabulary vocabulary;
  const Json& list = model.contains("vocab") ? model["vocab"] : Json();
  if (!list.is_array())
    throw InputError(kOperation, "{}: expected a list of pieces with a Unigram model, got {}", source,
                     list.type_name());
  vocabulary.pieces.reserve(list.size());
  for (const Json& entry : list) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      throw InputError(kOperation, "{}: expected [piece, score] for piece {}, got {}", source, vocabulary.pieces.size(),
                       entry.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80));
    vocabulary.pieces.emplace_back(entry[0].get<std::string>(), entry[1].get<double>());
  }
  const auto unk = json_get_or<int64_t>(model, "unk_id", -1, source);
  if (unk < 0 || unk >= static_cast<int64_t>(vocabulary.pieces.size()))
    throw InputError(kOperation, "{}: expected an unk_id from 0 to {}, got {}", source,
                     static_cast<int64_t>(vocabulary.pieces.size()) - 1, unk);
  vocabulary.unk_id = static_cast<int32_t>(unk);
  vocabulary.byte_fallback = json_get_or<bool>(model, "byte_fallback", false, source);
  return vocabulary;
}

}  // namespace

std::unique_ptr<Tokenizer> load_unigram(const Folder& folder, const Json& file, const std::string& source) {
  auto pieces = read_pieces(file["model"], source);
  Vocabulary vocabulary;
  for (const auto& [piece, score] : pieces.pieces) vocabulary.add(piece, vocabulary.size(), source);
  const Json listed = json_get_or<Json>(file, "added_tokens", nullptr, source);
  const auto name =
      json_get_or<std::string>(folder.config, "tokenizer_class", "", folder.source("tokenizer_config.json"));
  const bool t5 = name.starts_with("T5Tokenizer") || name.starts_with("MT5Tokenizer");
  auto settings = read_settings(folder, listed, vocabulary, t5 ? kT5 : kUnigram);
  settings.frame = read_frame(json_get_or<Json>(file, "post_processor", nullptr, source), {}, source);
  std::vector<NormalizerStep> steps;
  const Json normalizer = json_get_or<Json>(file, "normalizer", nullptr, source);
  if (!normalizer.is_null()) read_step(normalizer, steps, source);
  MetaspaceOptions options;
  options.metaspace = false;
  const Json cutter = json_get_or<Json>(file, "pre_tokenizer", nullptr, source);
  if (!cutter.is_null()) read_pre_tokenizer(cutter, options, source);
  const auto text_of = [&](const char* name, const std::string& otherwise) {
    return folder.has(name) ? read_file(folder.path / name) : otherwise;
  };
  return std::make_unique<UnigramTokenizer>(std::move(pieces), std::move(vocabulary), std::move(settings),
                                            std::move(steps), options, text_of("tokenizer.json", file.dump() + "\n"),
                                            text_of("tokenizer_config.json", ""), source);
}

}  // namespace sensorium::tokenizer_files
