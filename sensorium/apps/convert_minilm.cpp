// A BERT sentence encoder as one safetensors file with config.json and tokenizer.json, to the files of
// sentence-transformers.

#include "sensorium/apps/convert_sources.h"
#include "sensorium/apps/unpack.h"
#include "sensorium/base/json.h"
#include "sensorium/io/checkpoint.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/text/tokenizer.h"

#include <algorithm>
#include <list>

namespace sensorium {
namespace {

constexpr int64_t kMaxTokens = 256;  // as sentence-transformers/all-MiniLM-L6-v2 says

/// The only .safetensors file below a folder.
fs::path weights_file(const UnpackedFolder& folder, const fs::path& source) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    if (entry.is_regular_file() && entry.path().extension() == ".safetensors") found.push_back(entry.path());
  if (found.size() != 1)
    throw InputError("convert", "{}: expected one .safetensors file in it, got {}", source.string(), found.size());
  return found[0];
}

/// The tensors of BertModel, in another type where one is wanted.
void write_weights(const SafetensorsFile& file, const ConvertTarget& target) {
  std::list<std::vector<std::byte>> converted;
  NamedTensors tensors;
  for (const auto& [name, tensor] : file.tensors()) {
    if (name == "embeddings.position_ids") continue;  // 0, 1, 2, ...: no weight
    TensorView view = tensor;
    const SafeDType wanted = target.dtype.empty()        ? view.dtype
                             : target.dtype == "float16" ? SafeDType::F16
                                                         : SafeDType::F32;
    if (view.dtype != wanted) {
      const std::vector<float> values = to_float32(view);
      converted.emplace_back(values.size() * dtype_size(wanted));
      from_float32(values.data(), values.size(), wanted, converted.back().data());
      view = {wanted, tensor.shape, converted.back()};
    }
    tensors.emplace_back(name, view);
  }
  write_checkpoint(target.out, tensors, target.max_shard_bytes);
}

}  // namespace

void convert_embed_minilm(const fs::path& source, const ConvertTarget& target) {
  const UnpackedFolder folder(source);
  const SafetensorsFile file(weights_file(folder, source));
  const fs::path model = file.path().parent_path();
  OrderedJson config = OrderedJson::parse(read_json(model / "config.json").dump());
  const std::string name = (model / "config.json").string();
  if (json_get<std::string>(Json(config), "model_type", name) != "bert")
    throw InputError("convert", "{}: expected model_type bert, got {}", name, config["model_type"].dump());
  const TensorView& words = file.at("embeddings.word_embeddings.weight");
  if (!target.dtype.empty())
    config["torch_dtype"] = target.dtype;
  else
    config["torch_dtype"] = words.dtype == SafeDType::F16 ? "float16" : "float32";
  config.erase("_name_or_path");
  const auto tokenizer = load_tokenizer(model);
  if (tokenizer->vocab_size() > words.shape.at(0))
    throw InputError("convert", "{}: expected at most {} tokens as the model has rows, got {}",
                     (model / "tokenizer.json").string(), words.shape[0], tokenizer->vocab_size());
  tokenizer->set_max_length(std::min(kMaxTokens, json_get<int64_t>(Json(config), "max_position_embeddings", name)));
  write_weights(file, target);
  write_file(target.out / "config.json", config.dump(2) + "\n");
  tokenizer->save(target.out);
  SentenceEncoderConfig sentence = read_sentence_encoder_config(target.out);
  sentence.max_length = tokenizer->max_length();
  write_sentence_modules(sentence, target.out);
}

}  // namespace sensorium
