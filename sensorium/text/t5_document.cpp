// A SentencePiece model as transformers' T5Tokenizer reads it.
#include <algorithm>

#include "sensorium/base/base64.h"
#include "sensorium/text/tokenizer_files.h"

namespace sensorium::tokenizer_files {

namespace {

Json added_token(const std::string& content, size_t id, bool special) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", special}};
}

Json template_frame() {
  const auto text = [](const char* id) { return Json{{"Sequence", {{"id", id}, {"type_id", 0}}}}; };
  const Json end{{"SpecialToken", {{"id", "</s>"}, {"type_id", 0}}}};
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({text("A"), end})},
          {"pair", Json::array({text("A"), end, text("B"), end})}};
}

}  // namespace

Json t5_document(const SentencePieceModel& model, int64_t extra_ids) {
  Json vocab = Json::array(), added = Json::array();
  int64_t end = -1;
  const auto add = [&](const std::string& piece, double score, PieceType type) {
    const bool special = type == PieceType::control || type == PieceType::unknown || piece == "</s>" ||
                         piece == "<pad>" || piece == "<unk>";
    if (special || type == PieceType::user_defined) added.push_back(added_token(piece, vocab.size(), special));
    if (piece == "</s>") end = static_cast<int64_t>(vocab.size());
    vocab.push_back(Json::array({piece, score}));
  };
  for (const SentencePiece& p : model.pieces) add(p.piece, static_cast<double>(p.score), p.type);
  for (int64_t i = extra_ids - 1; i >= 0; --i) add("<extra_id_" + std::to_string(i) + ">", 0, PieceType::control);
  size_t next = vocab.size();
  for (const char* name : {"</s>", "<unk>", "<pad>"}) {  // those that the model lacks come after all
    const auto known = [&](const Json& piece) { return piece[0] == name; };
    if (std::any_of(vocab.begin(), vocab.end(), known)) continue;
    if (end < 0 && std::string_view(name) == "</s>") end = static_cast<int64_t>(next);
    added.push_back(added_token(name, next++, true));
  }
  Json frame = template_frame();
  frame["special_tokens"] = {{"</s>", {{"id", "</s>"}, {"ids", {end}}, {"tokens", {"</s>"}}}}};
  const Json metaspace{{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}, {"split", true}};
  Json normalizer = nullptr;
  if (!model.charsmap.empty())
    normalizer = {{"type", "Precompiled"}, {"precompiled_charsmap", base64_encode(model.charsmap)}};
  constexpr int kUnknown = 2;  // wherever the model's own is
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", normalizer},
          {"pre_tokenizer",
           {{"type", "Sequence"}, {"pretokenizers", Json::array({Json{{"type", "WhitespaceSplit"}}, metaspace})}}},
          {"post_processor", frame},
          {"decoder", metaspace},
          {"model", {{"type", "Unigram"}, {"unk_id", kUnknown}, {"vocab", vocab}, {"byte_fallback", false}}}};
}

}  // namespace sensorium::tokenizer_files
