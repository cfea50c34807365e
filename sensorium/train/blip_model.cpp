#include "sensorium/train/blip_model.h"

#include "sensorium/base/log.h"
#include "sensorium/models/blip/blip_bundle.h"
#include "sensorium/text/train_bpe.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/model_weights.h"

#include <torch/torch.h>

namespace sensorium {
namespace {

using torch::Tensor;

std::shared_ptr<const Tokenizer> fresh_tokenizer(const BlipTrainOptions& options, const PairData& data,
                                                 int64_t positions) {
  if (options.vocab_size == 0) {
    std::unique_ptr<Tokenizer> loaded =
        load_tokenizer(options.tokenizer.empty() ? options.text_tower : options.tokenizer);
    loaded->set_max_length(positions);
    return loaded;
  }
  WordCounts words;
  for (const Record& record : data.records) {
    for (const Caption& c : record.captions) count_bert_words(c.text, {}, words);
    if (!options.answers()) continue;
    for (const Question& q : record.questions)
      for (const std::string& answer : q.answers) count_bert_words(answer, {}, words);
  }
  return train_wordpiece(words, {.vocab_size = options.vocab_size, .max_length = positions});
}

ImageProcessor fresh_processor(const BlipVisionConfig& vision) {
  ImageProcessorConfig p;
  p.type = "BlipImageProcessor";
  p.resize = ImageProcessorConfig::ResizeMode::exact;
  p.resize_height = p.resize_width = static_cast<int>(vision.image_size);
  p.crop = false;
  return ImageProcessor(p);
}

/// The ResNet of an image classifier's checkpoint; the norm after it is fresh.
void load_image_tower(TorchBlip& model, const fs::path& folder) {
  WeightSource source(folder, (folder / "config.json").string());
  TowerVisitor visitor(source, "vision_model.", [&](const std::string& name) {
    return source.contains("resnet." + name) ? "resnet." + name : source.contains(name) ? name : "";
  });
  describe(model, visitor);
  source.check_all_read({"classifier."});
}

/// The text transformer of a BERT's checkpoint, of which the cross attention begins fresh. BLIP has no token types: the
/// first type's row, which a BERT adds to every word, goes into the positions.
void load_text_tower(TorchBlip& model, const fs::path& folder) {
  WeightSource source(folder, (folder / "config.json").string());
  TowerVisitor visitor(source, "text_encoder.",
                       [&](const std::string& name) { return source.contains(name) ? name : ""; });
  describe(model, visitor);
  const int64_t width = model.config.text.hidden_size;
  const std::vector<float> types =
      source.read({.name = "embeddings.token_type_embeddings.weight", .shape = {2, width}});
  model.text_encoder.position_embeddings += TensorTraits<Tensor>::from_float(types.data(), {2, width})[0];
  source.check_all_read({"pooler.", "cls.", "bert.pooler.", "encoder.layer."});
}

/// A BERT's sizes; of its layers the first, as many as the model's own configuration names.
void take_text_config(Json& text, const fs::path& folder) {
  const Json own = text.is_object() ? text : Json::object();
  text = read_json(folder / "config.json");
  text["bos_token_id"] = text["sep_token_id"] = 0;  // the tokenizer says, later
  if (own.contains("num_hidden_layers")) text["num_hidden_layers"] = own["num_hidden_layers"];
}

/// The model's configuration with those of pretrained towers in their places.
BlipConfig model_config(const BlipTrainOptions& options) {
  Json json = read_json(options.model);
  if (!options.image_tower.empty()) {
    const ImageProcessor processor = ImageProcessor::load(options.image_tower);
    json["vision_config"] = read_json(fs::path(options.image_tower) / "config.json");
    json["vision_config"]["image_size"] = processor.width();
  }
  if (!options.text_tower.empty()) take_text_config(json["text_config"], options.text_tower);
  BlipConfig config = parse_blip_config(json, options.model);
  if (!options.image_tower.empty() && !config.resnet)
    throw InputError("train blip", "{}: expected model_type resnet, got {}", options.image_tower,
                     json["vision_config"].value("model_type", "none"));
  config.kind = options.kind();
  return config;
}

/// A fresh model; texts begin with an id of their own after the tokenizer's, as BLIP's [DEC]. (A BERT's table has no
/// such row; with one, nothing is written.)
TrainableBlip fresh_blip(const BlipTrainOptions& options, const PairData& data) {
  BlipConfig config = model_config(options);
  TrainableBlip blip;
  blip.tokenizer = fresh_tokenizer(options, data, config.text.max_position_embeddings);
  const int64_t ids = blip.tokenizer->vocab_size();
  config.text.vocab_size = options.text_tower.empty() ? ids + 1 : ids;
  config.text.bos_token_id = options.text_tower.empty() ? ids : blip.tokenizer->cls_id();
  config.text.sep_token_id = blip.tokenizer->sep_id();
  config.text.pad_token_id = blip.tokenizer->pad_id();
  config = parse_blip_config(Json::parse(to_json(config).dump()), options.model);
  blip.model = make_blip<Tensor>(config, options.seed);
  if (!options.text_tower.empty()) load_text_tower(blip.model, options.text_tower);
  if (options.image_tower.empty()) {
    blip.processor = fresh_processor(config.vision);
  } else {
    load_image_tower(blip.model, options.image_tower);
    blip.processor = ImageProcessor::load(options.image_tower);
  }
  return blip;
}

}  // namespace

TrainableBlip make_trainable_blip(const BlipTrainOptions& options, const PairData& data) {
  TrainableBlip blip;
  if (!options.model.empty()) {
    blip = fresh_blip(options, data);
  } else {
    std::vector<std::string> fresh;
    blip.model = load_blip_as<Tensor>(options.init, options.kind(), options.seed, fresh);
    blip.tokenizer = load_tokenizer(options.init);
    blip.processor = ImageProcessor::load(options.init);
    if (!fresh.empty())
      spdlog::info("{}: {} tensors that it lacks begin fresh, the first {}", options.init, fresh.size(), fresh.front());
  }
  blip.model.config.text.label_smoothing = options.label_smoothing;
  if (options.lora_rank > 0) {
    blip.lora =
        LoraConfig{.rank = options.lora_rank, .alpha = options.lora_alpha, .target_modules = {"query", "value"}};
    add_adapters(blip.model, *blip.lora, options.seed);
  }
  check_blip_bundle(blip.model.config, *blip.tokenizer, *blip.processor,
                    options.model.empty() ? options.init : options.model);
  return blip;
}

Parameters trainable_parameters(TrainableBlip& blip, const BlipTrainOptions& options) {
  const torch::Device device(options.device);
  Parameters parameters = take_parameters(blip.model, device, [&](const std::string& name) {
    const bool vision = name.starts_with("vision_model."), text = name.starts_with("text_");
    if (blip.lora) return !vision && (!text || name.starts_with("text_proj."));
    return !options.freeze_image || !vision;
  });
  if (blip.lora) take_adapters(blip.model, *blip.lora, device, parameters);
  return parameters;
}

TokenBatch encoder_batch(const TrainableBlip& blip, const std::vector<std::string>& captions,
                         const BlipTrainOptions& options) {
  const int64_t longest = std::min({options.max_tokens, longest_text(blip.model.config, *blip.tokenizer)});
  TokenBatch batch = blip.tokenizer->encode_batch(captions, {.max_length = longest});
  batch.token_type_ids.clear();
  return batch;
}

LanguageBatch language_batch(const TrainableBlip& blip, const std::vector<std::string>& captions,
                             const BlipTrainOptions& options) {
  std::vector<std::string> texts = captions;
  size_t prompt = 1;  // bos
  if (!options.prompt.empty()) {
    for (std::string& text : texts) text = options.prompt + " " + text;
    prompt += blip.tokenizer->encode(options.prompt, false).size();
  }
  LanguageBatch batch{encoder_batch(blip, texts, options), {}};
  batch.labels = batch.tokens.input_ids;
  const auto length = static_cast<size_t>(batch.tokens.length);
  for (size_t i = 0; i < batch.labels.size(); ++i) {
    if (i % length == 0) batch.tokens.input_ids[i] = blip.model.config.text.bos_token_id;
    if (i % length < prompt || batch.tokens.attention_mask[i] == 0) batch.labels[i] = -100;
  }
  return batch;
}

void save_trained_blip(const TrainableBlip& blip, const Parameters& parameters, const std::vector<Tensor>& values,
                       double boundary, const fs::path& folder) {
  const Replacement replace(parameters, values);
  TorchBlip model = blip.model;  // shares the weights
  visit_weights(model, [&](const WeightSpec&, Tensor& value) { replace(value); });
  if (blip.lora) save_and_merge_adapters(model, *blip.lora, replace, folder);
  if (boundary != 0) {
    torch::NoGradGuard no_grad;
    const Tensor& bias = model.itm_head.bias;
    model.itm_head.bias = bias - torch::tensor({0.0, boundary}).to(bias.options());
  }
  save_blip_bundle(model, *blip.tokenizer, *blip.processor, folder);
}

}  // namespace sensorium
