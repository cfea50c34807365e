#include "sensorium/train/blip_model.h"

#include "sensorium/base/log.h"
#include "sensorium/models/blip/blip_bundle.h"
#include "sensorium/text/train_bpe.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include <torch/torch.h>

#include <map>

namespace sensorium {
namespace {

using torch::Tensor;

std::shared_ptr<const Tokenizer> fresh_tokenizer(const BlipTrainOptions& options, const PairData& data,
                                                 int64_t positions) {
  if (options.vocab_size == 0) {
    std::unique_ptr<Tokenizer> loaded = load_tokenizer(options.tokenizer);
    loaded->set_max_length(positions);
    return loaded;
  }
  WordCounts words;
  for (const Record& record : data.records)
    for (const Caption& c : record.captions) count_bert_words(c.text, {}, words);
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

/// A fresh model; texts begin with an id of their own after the tokenizer's, as BLIP's [DEC].
TrainableBlip fresh_blip(const BlipTrainOptions& options, const PairData& data) {
  BlipConfig config = parse_blip_config(read_json(options.model), options.model);
  config.kind = options.kind();
  TrainableBlip blip;
  blip.tokenizer = fresh_tokenizer(options, data, config.text.max_position_embeddings);
  config.text.vocab_size = blip.tokenizer->vocab_size() + 1;
  config.text.bos_token_id = blip.tokenizer->vocab_size();
  config.text.sep_token_id = blip.tokenizer->sep_id();
  config.text.pad_token_id = blip.tokenizer->pad_id();
  config = parse_blip_config(Json::parse(to_json(config).dump()), options.model);
  blip.model = make_blip<Tensor>(config, options.seed);
  blip.processor = fresh_processor(config.vision);
  return blip;
}

bool trains(const std::string& name, const BlipTrainOptions& options) {
  return !options.freeze_image || !name.starts_with("vision_model.");
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
  check_blip_bundle(blip.model.config, *blip.tokenizer, *blip.processor,
                    options.model.empty() ? options.init : options.model);
  return blip;
}

Parameters trainable_parameters(TrainableBlip& blip, const BlipTrainOptions& options) {
  Parameters parameters;
  const torch::Device device(options.device);
  visit_weights(blip.model, [&](const WeightSpec& spec, Tensor& value) {
    value = value.to(device);
    const bool train = trains(spec.name, options);
    value.set_requires_grad(train);
    if (train) parameters.push_back({spec.part == 0 ? spec.name : fmt::format("{}#{}", spec.name, spec.part), value});
  });
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
                       const fs::path& folder) {
  std::map<const void*, Tensor> replaced;
  for (size_t i = 0; i < values.size(); ++i) replaced[parameters[i].value.unsafeGetTensorImpl()] = values[i];
  TorchBlip model = blip.model;  // shares the weights
  visit_weights(model, [&](const WeightSpec&, Tensor& value) {
    if (const auto it = replaced.find(value.unsafeGetTensorImpl()); it != replaced.end()) value = it->second;
  });
  save_blip_bundle(model, *blip.tokenizer, *blip.processor, folder);
}

}  // namespace sensorium
