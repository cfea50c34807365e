// A folder whose vocabulary is a SentencePiece model alone.
#include <algorithm>

#include "sensorium/text/sentencepiece_tokenizer.h"
#include "sensorium/text/tokenizer_files.h"

namespace sensorium::tokenizer_files {

namespace {

constexpr Defaults kSentencePiece = {"<s>", "</s>", "<unk>", "", "<pad>", "", "<mask>"};
constexpr Defaults kSiglip = {"", "</s>", "<unk>", "", "</s>", "", ""};
constexpr int64_t kMostExtraIds = 100000;

bool one_of(const std::string& name, std::initializer_list<std::string_view> classes) {
  return std::any_of(classes.begin(), classes.end(),
                     [&](auto c) { return name == c || name == std::string(c) + "Fast"; });
}

/// The ids around texts that transformers' class of that name adds; none for an unknown one.
TokenFrame class_frame(const Folder& folder, const std::string& name, const SpecialIds& ids) {
  const std::string source = folder.source("tokenizer_config.json");
  const bool siglip = name == "SiglipTokenizer";
  const bool llama = one_of(name, {"LlamaTokenizer", "GemmaTokenizer"});
  TokenFrame frame;
  if (json_get_or<bool>(folder.config, "add_bos_token", llama, source) && ids.bos >= 0) frame.prefix = {ids.bos};
  if (json_get_or<bool>(folder.config, "add_eos_token", siglip, source) && ids.eos >= 0) frame.suffix = {ids.eos};
  frame.middle = frame.suffix;
  frame.middle.insert(frame.middle.end(), frame.prefix.begin(), frame.prefix.end());
  return frame;
}

}  // namespace

fs::path find_sentencepiece(const fs::path& folder) {
  for (const char* name :
       {"spiece.model", "tokenizer.model", "sentencepiece.model", "sentencepiece.bpe.model", "spm.model"})
    if (fs::exists(folder / name)) return folder / name;
  std::vector<fs::path> models;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".model") models.push_back(entry.path());
  return models.size() == 1 ? models[0] : fs::path();
}

std::unique_ptr<Tokenizer> load_sentencepiece(const Folder& folder, const fs::path& file) {
  const std::string source = file.string();
  auto model = parse_sentencepiece_model(read_file(file), source);
  auto vocabulary = sentencepiece_vocabulary(model, source);
  const auto name =
      json_get_or<std::string>(folder.config, "tokenizer_class", "", folder.source("tokenizer_config.json"));
  if (one_of(name,
             {"XLMRobertaTokenizer", "CamembertTokenizer", "MBartTokenizer", "MBart50Tokenizer", "BarthezTokenizer"}))
    throw InputError(kOperation, "{}: expected tokenizer.json with a {}, whose ids are not the model's, got none",
                     folder.path.string(), name);
  if (one_of(name, {"T5Tokenizer", "MT5Tokenizer"})) {
    const auto extra = json_get_or<int64_t>(folder.config, "extra_ids", 100, folder.source("tokenizer_config.json"));
    if (extra < 0 || extra > kMostExtraIds)
      throw InputError(kOperation, "{}: expected extra_ids from 0 to {}, got {}", folder.path.string(), kMostExtraIds,
                       extra);
    return load_unigram(folder, t5_document(model, extra), source);
  }
  const bool siglip = name == "SiglipTokenizer";
  auto settings = read_settings(folder, nullptr, vocabulary, siglip ? kSiglip : kSentencePiece);
  if (siglip && !folder.config.contains("model_max_length")) settings.max_length = 64;
  if (folder.config.is_null()) settings.added.clear();  // the library alone takes no spelled token for itself
  settings.frame = class_frame(folder, name, settings.special);
  auto tokenizer = std::make_unique<SentencePieceTokenizer>(std::move(model), std::move(vocabulary),
                                                            std::move(settings), file.filename().string(), source);
  tokenizer->set_class_name(name);
  if (siglip)
    tokenizer->read_as_siglip(
        json_get_or<bool>(folder.config, "do_lower_case", true, folder.source("tokenizer_config.json")));
  return tokenizer;
}

}  // namespace sensorium::tokenizer_files
