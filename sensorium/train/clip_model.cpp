#include "sensorium/train/clip_model.h"

#include "sensorium/base/log.h"
#include "sensorium/models/bundle.h"
#include "sensorium/text/train_bpe.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/model_weights.h"

#include <torch/torch.h>

#include <cmath>

namespace sensorium {
namespace {

using torch::Tensor;

/// BatchNorm layers with the name of their running mean.
class NormVisitor : public WeightVisitor<Tensor> {
 public:
  explicit NormVisitor(std::function<void(const std::string&, BatchNorm2d<Tensor>&)> f) : f_(std::move(f)) {}
  void weight(const WeightSpec& spec, Tensor&) override {
    if (spec.buffer) last_ = spec.name;
  }
  void conv_norm(const std::string&, Conv2d<Tensor>&, BatchNorm2d<Tensor>& norm) override { f_(last_, norm); }

 private:
  std::function<void(const std::string&, BatchNorm2d<Tensor>&)> f_;
  std::string last_;
};

void load_tower(TorchDualEncoder& model, const fs::path& folder, const std::string& prefix) {
  WeightSource source(folder, (folder / "config.json").string());
  TowerVisitor visitor(source, prefix, [&](const std::string& name) {
    for (const char* base : {"resnet.", "vit.", "vision_model."})
      if (source.contains(base + name)) return base + name;
    return name;
  });
  describe(model, model.config.layout, visitor);
  source.check_all_read({"pooler.", "bert.pooler.", "classifier.", "cls.", "visual_projection."});
}

bool is_image_tower(const std::string& name) {
  return name.starts_with("vision_model.") || name.starts_with("visual.");
}

bool is_projection(const std::string& name) {
  return name.starts_with("visual_projection") || name.starts_with("text_projection") ||
         name.starts_with("visual_head.") || name.starts_with("text_head.") || name == "visual.proj" ||
         name.starts_with("logit_");
}

bool trains(const std::string& name, const ClipTrainOptions& options) {
  if (is_projection(name)) return true;
  if (options.lora_rank > 0) return false;
  return is_image_tower(name) ? !options.freezes_image() : !options.freezes_text();
}

std::shared_ptr<const Tokenizer> train_tokenizer(const ClipTrainOptions& options, const PairData& data,
                                                 const DualEncoderConfig& config) {
  WordCounts words;
  const bool bert = std::holds_alternative<BertConfig>(config.text);
  for (const Record& record : data.records)
    for (const Caption& c : record.captions)
      bert ? count_bert_words(c.text, {}, words) : count_clip_words(c.text, words);
  const TrainOptions wanted{.vocab_size = options.vocab_size, .max_length = config.context_length()};
  if (bert) return train_wordpiece(words, wanted);
  return train_clip_bpe(words, wanted);
}

template <class TextConfig>
void set_special_tokens(TextConfig& config, const Tokenizer& tokenizer) {
  config.vocab_size = tokenizer.vocab_size();
  config.bos_token_id = tokenizer.bos_id();
  config.eos_token_id = tokenizer.eos_id();
  config.pad_token_id = tokenizer.pad_id();
}

/// A fresh model's configuration with its vocabulary's size and special tokens from the tokenizer.
DualEncoderConfig fit_to_tokenizer(DualEncoderConfig config, const Tokenizer& tokenizer) {
  if (auto* clip = std::get_if<ClipTextConfig>(&config.text)) {
    set_special_tokens(*clip, tokenizer);
  } else if (auto* bert = std::get_if<BertConfig>(&config.text)) {
    bert->vocab_size = tokenizer.vocab_size();
    bert->pad_token_id = tokenizer.pad_id();
  } else {
    set_special_tokens(std::get<SiglipTextConfig>(config.text), tokenizer);
  }
  return config;
}

ImageProcessor default_processor(const DualEncoderConfig& config) {
  ImageProcessorConfig p;
  const int size = config.image_size() > 0 ? static_cast<int>(config.image_size()) : 224;  // a ResNet takes any
  p.resize_height = p.resize_width = p.crop_height = p.crop_width = size;
  if (config.family == DualFamily::siglip) {
    p.type = "SiglipImageProcessor";
    p.resize = ImageProcessorConfig::ResizeMode::exact;
    p.crop = false;
    p.mean = p.std = {0.5, 0.5, 0.5};
  }
  return ImageProcessor(p);
}

TrainableClip fresh_clip(const ClipTrainOptions& options, const PairData& data) {
  const DualEncoderConfig config = parse_dual_encoder_config(read_json(options.model), options.model);
  TrainableClip clip;
  if (options.vocab_size > 0) {
    clip.tokenizer = train_tokenizer(options, data, config);
  } else {
    std::unique_ptr<Tokenizer> loaded = load_tokenizer(options.tokenizer);
    loaded->set_max_length(config.context_length());
    clip.tokenizer = std::move(loaded);
  }
  clip.model = make_dual_encoder<Tensor>(fit_to_tokenizer(config, *clip.tokenizer), options.seed);
  clip.processor = default_processor(clip.model.config);
  return clip;
}

}  // namespace

TorchDualEncoder join_towers(const ClipTrainOptions& options) {
  const fs::path image = options.image_tower, text = options.text_tower;
  Json vision = read_json(image / "config.json");
  const Json json = {{"model_type", "vision-text-dual-encoder"},
                     {"vision_config", std::move(vision)},
                     {"text_config", read_json(text / "config.json")},
                     {"text_pooling", options.text_pooling},
                     {"projection_dim", options.projection_dim}};
  DualEncoderConfig config = parse_dual_encoder_config(json, "--image-tower and --text-tower");
  config.projection_hidden_dim = options.projection_hidden_dim;
  TorchDualEncoder model = make_dual_encoder<Tensor>(config, options.seed);
  load_tower(model, image, "vision_model.");
  load_tower(model, text, "text_model.");
  return model;
}

TrainableClip make_trainable_clip(const ClipTrainOptions& options, const PairData& data) {
  TrainableClip clip;
  if (!options.model.empty()) {
    clip = fresh_clip(options, data);
  } else {
    const bool whole = !options.init.empty();
    clip.model = whole ? load_dual_encoder<Tensor>(options.init) : join_towers(options);
    const fs::path tokenizer = whole ? options.init : options.text_tower;
    std::unique_ptr<Tokenizer> loaded =
        load_tokenizer(options.tokenizer.empty() ? tokenizer : fs::path(options.tokenizer));
    const int64_t limit = clip.model.config.context_length();
    if (loaded->max_length() == 0 || loaded->max_length() > limit) loaded->set_max_length(limit);
    clip.tokenizer = std::move(loaded);
    clip.processor = ImageProcessor::load(whole ? options.init : options.image_tower);
  }
  const fs::path start = !options.model.empty()  ? options.model
                         : !options.init.empty() ? options.init
                                                 : options.text_tower;
  check_bundle(clip.model.config, *clip.tokenizer, *clip.processor, start);
  if (options.initial_logit_scale > 0) clip.model.logit_scale = torch::full({1}, std::log(options.initial_logit_scale));
  if (options.lora_rank > 0) {
    clip.lora = LoraConfig{.rank = options.lora_rank, .alpha = options.lora_alpha};
    if (std::holds_alternative<BertConfig>(clip.model.config.text)) {
      clip.lora->target_modules.push_back("query");
      clip.lora->target_modules.push_back("value");
    }
    add_adapters(clip.model, *clip.lora, options.seed);
  }
  return clip;
}

Parameters trainable_parameters(TrainableClip& clip, const ClipTrainOptions& options) {
  const torch::Device device(options.device);
  Parameters parameters =
      take_parameters(clip.model, device, [&](const std::string& name) { return trains(name, options); });
  if (clip.lora) take_adapters(clip.model, *clip.lora, device, parameters);
  return parameters;
}

Parameters running_values(TorchDualEncoder& model) {
  Parameters buffers;
  visit_weights(model, [&](const WeightSpec& spec, Tensor& value) {
    if (spec.buffer) buffers.push_back({"buffer." + spec.name, value});
  });
  return buffers;
}

void set_training(TorchDualEncoder& model, const ClipTrainOptions& options, bool training) {
  const bool towers_train = options.lora_rank == 0 && !options.freezes_image();
  NormVisitor visitor([&](const std::string&, BatchNorm2d<Tensor>& norm) { norm.training = training && towers_train; });
  describe(model, model.config.layout, visitor);
}

void save_clip(const TrainableClip& clip, const Parameters& parameters, const std::vector<Tensor>& values,
               const fs::path& folder) {
  const Replacement replace(parameters, values);
  TorchDualEncoder model = clip.model;  // shares the weights
  visit_weights(model, [&](const WeightSpec&, Tensor& value) { replace(value); });
  if (clip.lora) save_and_merge_adapters(model, *clip.lora, replace, folder);
  save_dual_encoder(model, folder);
  save_tokenizer(model.config, *clip.tokenizer, folder);
  write_file(folder / "preprocessor_config.json", clip.processor->to_json().dump(2) + "\n");
}

}  // namespace sensorium
