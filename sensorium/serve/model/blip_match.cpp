#include "sensorium/serve/model/blip_match.h"

#include "sensorium/models/pixel_tensor.h"

#include <cmath>

namespace sensorium {
namespace {

constexpr size_t kTextsAtOnce = 64;

/// Of two logits, the second's probability.
double probability_of(const float* logits) {
  return 1 / (1 + std::exp(static_cast<double>(logits[0]) - static_cast<double>(logits[1])));
}

/// Probabilities of all texts for the one picture whose keys are given.
void match_one(const BlipModel& model, const std::vector<CrossKeys<rt::Tensor>>& picture, const BlipTexts& texts,
               MatchScore* scores) {
  for (const TokenBatch& batch : texts.batches) {
    const std::vector<float> logits = match_logits_over(model.model, batch, picture).to_float();
    for (int64_t t = 0; t < batch.batch; ++t) (scores++)->probability = probability_of(logits.data() + 2 * t);
  }
}

}  // namespace

BlipTexts prepare_texts(const std::string& operation, const BlipModel& model, std::span<const std::string> texts) {
  BlipTexts prepared;
  prepared.count = static_cast<int64_t>(texts.size());
  for (size_t first = 0; first < texts.size(); first += kTextsAtOnce) {
    const auto some = texts.subspan(first, std::min(kTextsAtOnce, texts.size() - first));
    prepared.batches.push_back(tokenize_texts(model.model.config, *model.tokenizer, some, operation));
    const std::vector<float> rows = contrast_text(model.model, prepared.batches.back()).to_float();
    prepared.rows.insert(prepared.rows.end(), rows.begin(), rows.end());
  }
  return prepared;
}

LookedAt look_to_match(const BlipModel& model, const rt::Tensor& pixels) {
  const rt::Tensor states = look(model, pixels);
  return {project_states(model.model.text_encoder, states), contrast_image(model.model, states).to_float(),
          static_cast<size_t>(pixels.size(0))};
}

std::vector<MatchScore> match_row(const BlipModel& model, const LookedAt& pictures, size_t row,
                                  const BlipTexts& texts) {
  std::vector<CrossKeys<rt::Tensor>> own;
  for (const auto& layer : pictures.keys) own.push_back(select_sources(layer, {static_cast<int64_t>(row)}));
  std::vector<MatchScore> scores(static_cast<size_t>(texts.count));
  match_one(model, own, texts, scores.data());
  const std::span<const float> picture = pictures.vector(row);
  for (size_t t = 0; t < scores.size(); ++t) {
    double cosine = 0;
    for (size_t k = 0; k < picture.size(); ++k)
      cosine += static_cast<double>(picture[k]) * static_cast<double>(texts.rows[t * picture.size() + k]);
    scores[t].cosine = cosine;
  }
  return scores;
}

std::vector<MatchScore> match_pictures(const BlipModel& model, const rt::Tensor& pixels, const BlipTexts& texts) {
  const LookedAt pictures = look_to_match(model, pixels);
  std::vector<MatchScore> all;
  for (size_t row = 0; row < pictures.count; ++row) {
    const std::vector<MatchScore> scores = match_row(model, pictures, row, texts);
    all.insert(all.end(), scores.begin(), scores.end());
  }
  return all;
}

Embedder load_blip_embedder(const fs::path& folder, const RuntimeOptions& runtime) {
  return blip_embedder(std::make_shared<const BlipModel>(
      load_blip_model("embed", folder, {BlipKind::retrieval, BlipKind::pretraining, BlipKind::contrastive}, runtime)));
}

Embedder blip_embedder(const std::shared_ptr<const BlipModel>& model) {
  Embedder e;
  const BlipConfig& config = model->model.config;
  e.width = config.has_matching() ? config.image_text_hidden_size : config.projection_dim;
  e.processor = model->processor;
  e.encode_pixels = [model](const Pixels& pixels) {
    return contrast_image(model->model, look(*model, pixel_tensor<rt::Tensor>(pixels))).to_float();
  };
  e.encode_texts = [model](std::span<const std::string> texts) {
    return contrast_text(model->model, tokenize_texts(model->model.config, *model->tokenizer, texts, "embed"))
        .to_float();
  };
  // The paper begins its temperature at 0.07; transformers' layout of matching models does not keep it.
  e.logits.scale =
      config.has_matching() ? 1 / 0.07 : std::exp(static_cast<double>(model->model.logit_scale.to_float()[0]));
  if (!config.has_matching()) return e;
  e.match = [model](const Pixels& pixels, const std::string& text) {
    const BlipTexts texts = prepare_texts("match", *model, std::span(&text, 1));
    std::vector<double> probabilities;
    for (const MatchScore& s : match_pictures(*model, pixel_tensor<rt::Tensor>(pixels), texts))
      probabilities.push_back(s.probability);
    return probabilities;
  };
  return e;
}

}  // namespace sensorium
