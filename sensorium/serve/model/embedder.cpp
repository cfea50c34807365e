#include "sensorium/serve/model/embedder.h"

#include "sensorium/base/json.h"
#include "sensorium/models/bert/sentence_encoder.h"
#include "sensorium/models/bundle.h"
#include "sensorium/models/image_classifier.h"
#include "sensorium/models/pixel_tensor.h"
#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/serve/model/blip_match.h"
#include "sensorium/serve/model/feature_model.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace sensorium {
namespace {

Embedder dual_encoder(const fs::path& folder) {
  const auto bundle = std::make_shared<const Bundle<rt::Tensor>>(load_bundle<rt::Tensor>(folder));
  Embedder e;
  e.width = bundle->model.config.projection_dim;
  e.processor = bundle->image_processor;
  e.encode_pixels = [bundle](const Pixels& pixels) {
    return encode_image(bundle->model, pixel_tensor<rt::Tensor>(pixels)).to_float();
  };
  e.encode_texts = [bundle](std::span<const std::string> texts) { return embed_texts(*bundle, texts); };
  e.logits.scale = std::exp(static_cast<double>(bundle->model.logit_scale.to_float().at(0)));
  if (bundle->model.logit_bias.defined()) {
    e.logits.bias = static_cast<double>(bundle->model.logit_bias.to_float().at(0));
    e.logits.pairwise = true;
  }
  return e;
}

Embedder sentence_encoder(const fs::path& folder) {
  const auto model = std::make_shared<const SentenceEncoder<rt::Tensor>>(load_sentence_encoder<rt::Tensor>(folder));
  const std::shared_ptr<const Tokenizer> tokenizer = load_tokenizer(folder);
  if (tokenizer->vocab_size() > model->config.bert.vocab_size)
    throw InputError("bundle", "{}: expected a tokenizer of at most {} tokens as config.json says, got {}",
                     folder.string(), model->config.bert.vocab_size, tokenizer->vocab_size());
  int64_t longest = model->config.bert.max_position_embeddings;
  for (const int64_t limit : {model->config.max_length, tokenizer->max_length()})
    if (limit > 0) longest = std::min(longest, limit);
  Embedder e;
  e.kind = ModelKind::sentence_encoder;
  e.width = model->config.bert.hidden_size;
  e.encode_texts = [=](std::span<const std::string> texts) {
    return encode_sentences(*model, tokenizer->encode_batch(texts, {.max_length = longest})).to_float();
  };
  return e;
}

/// A ViT or ResNet without its labels: the features under them.
Embedder image_encoder(const fs::path& folder) {
  const auto model = std::make_shared<const ImageClassifier<rt::Tensor>>(load_image_classifier<rt::Tensor>(folder));
  Embedder e;
  e.kind = ModelKind::image_classifier;
  e.width = model->config.feature_width();
  e.processor = ImageProcessor::load(folder);
  e.encode_pixels = [model](const Pixels& pixels) {
    const auto x = pixel_tensor<rt::Tensor>(pixels);
    return std::visit([&](const auto& tower) { return pool_pixels(tower, x).to_float(); }, model->tower);
  };
  return e;
}

}  // namespace

ModelKind model_kind(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "open_clip_config.json", ignored)) return ModelKind::dual_encoder;
  const Json config = read_json(folder / "config.json");
  const std::string source = (folder / "config.json").string();
  const auto type = json_get<std::string>(config, "model_type", source);
  if (type == "vit" || type == "resnet") return ModelKind::image_classifier;
  if (type == kFeatureModelType)
    return config.contains("classifier") ? ModelKind::image_classifier : ModelKind::dual_encoder;
  if (type == "bert") return ModelKind::sentence_encoder;
  return ModelKind::dual_encoder;
}

Embedder load_embedder(const fs::path& folder, const RuntimeOptions& runtime) {
  runtime.apply(folder);
  if (is_feature_model(folder)) return load_feature_embedder(folder, runtime);
  if (is_blip(folder)) return load_blip_embedder(folder, runtime);
  switch (model_kind(folder)) {
    case ModelKind::sentence_encoder:
      return sentence_encoder(folder);
    case ModelKind::image_classifier:
      return image_encoder(folder);
    case ModelKind::dual_encoder:
      break;
  }
  return dual_encoder(folder);
}

std::vector<float> embed_all_texts(const Embedder& model, std::span<const std::string> texts, int batch_size) {
  std::vector<float> rows;
  rows.reserve(texts.size() * static_cast<size_t>(model.width));
  const auto step = static_cast<size_t>(batch_size);
  for (size_t first = 0; first < texts.size(); first += step) {
    const auto batch = model.encode_texts(texts.subspan(first, std::min(step, texts.size() - first)));
    rows.insert(rows.end(), batch.begin(), batch.end());
  }
  return rows;
}

void require_pictures(const Embedder& model, const std::string& operation, const fs::path& folder) {
  if (!model.processor)
    throw UsageError(operation, "{}: expected a model of pictures, got a sentence encoder", folder.string());
}

void require_texts(const Embedder& model, const std::string& operation, const fs::path& folder) {
  if (!model.encode_texts)
    throw UsageError(operation, "{}: expected a model of texts, got one of pictures alone", folder.string());
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::istringstream in(read_file(path));
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace sensorium
