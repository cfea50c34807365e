#include "sensorium/train/blip_trainer.h"

#include "sensorium/eval/caption_scores.h"
#include "sensorium/eval/ptb_tokenizer.h"
#include "sensorium/models/blip/blip_writer.h"
#include "sensorium/models/reference_blip.h"
#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"
#include "sensorium/train/autocast.h"
#include "sensorium/train/blip_answers.h"
#include "sensorium/train/image_states.h"
#include "sensorium/train/match_validation.h"
#include "sensorium/train/momentum_towers.h"
#include "sensorium/train/retrieval_validation.h"

#include <torch/torch.h>

#include <optional>

namespace sensorium {
namespace {

using torch::Tensor;

constexpr int64_t kEvaluationBatch = 32;
/// The paper's temperature stays within these.
constexpr double kColdest = 0.001, kHottest = 0.5;

// What a random number is for; one stream each.
enum Purpose : uint64_t { kDropout = 1, kQueues, kImageNegatives, kTextNegatives };

class BlipTask : public TrainTask {
 public:
  explicit BlipTask(const BlipTrainOptions& options);
  const Parameters& parameters() const override { return parameters_; }
  int64_t batches_per_epoch() const override { return sampler_.batches_per_epoch(); }
  void seek(int64_t number) override { states_.seek(number); }
  Tensor batch_loss(int64_t number) override;
  void after_update(int64_t step) override;
  void set_training(bool training) override;
  Parameters more_state() override;
  Validation validate() override;
  void save(const std::vector<Tensor>& values, const fs::path& folder) override;
  std::vector<Scalar> logged() override { return logged_; }

 private:
  std::vector<int64_t> draw_captions(int64_t number, const std::vector<int64_t>& pictures) const;
  Tensor write(const Tensor& states, const std::vector<std::string>& captions);
  Tensor contrast_and_match(const StateBatch& batch, const std::vector<std::string>& captions, int64_t number);
  Tensor match(const Tensor& states, const TokenBatch& texts, const MomentumContrastLoss& contrast,
               const std::vector<int64_t>& ids, int64_t number);
  Validation validate_captions();
  Validation validate_contrast();
  double distillation(int64_t number) const;

  const BlipTrainOptions& options_;
  PairData train_, val_;
  SeenPictures seen_;
  PairSampler sampler_;
  TrainableBlip blip_;
  Tensor temperature_;
  Tensor boundary_ = torch::zeros({1}, torch::kDouble);  // log odds of the last validation's balanced boundary
  Parameters parameters_;
  std::optional<MomentumTowers> towers_;
  ImageStates states_, val_states_;
  std::vector<Scalar> logged_;
};

/// A retrieval model's temperature is no part of its checkpoint in transformers' layout: it trains beside it.
Parameters with_temperature(Parameters parameters, Tensor& temperature, TrainableBlip& blip,
                            const BlipTrainOptions& options) {
  temperature = blip.model.temperature;
  if (options.task != "retrieval") return parameters;
  temperature = torch::full({1}, 0.07f, torch::TensorOptions(torch::kFloat).device(options.device));
  parameters.push_back({"temperature", temperature.set_requires_grad(true)});
  return parameters;
}

PairData load_examples(const BlipTrainOptions& options, const std::string& split) {
  return options.answers() ? load_question_pairs(options.data, split)
                           : load_pairs(options.data, split, options.languages);
}

BlipTask::BlipTask(const BlipTrainOptions& options)
    : options_(options),
      train_(load_examples(options, options.train_split)),
      val_(load_examples(options, options.val_split)),
      seen_(seen_pictures(train_, {options.init, options.image_tower, options.text_tower})),
      sampler_(train_, {options.batch_size, options.captions_per_picture, 0, options.seed, false}),
      blip_(make_trainable_blip(options, train_)),
      parameters_(with_temperature(trainable_parameters(blip_, options), temperature_, blip_, options)),
      states_(blip_, train_, options, &sampler_),
      val_states_(blip_, val_, options, nullptr) {
  if (options.contrasts()) towers_.emplace(blip_, options.queue_size, mix_seed(options.seed, {kQueues}));
}

void BlipTask::set_training(bool training) {
  blip_.model.text_encoder.dropout = blip_.model.text_decoder.dropout = training ? options_.dropout : 0;
}

Tensor BlipTask::batch_loss(int64_t number) {
  torch::manual_seed(mix_seed(options_.seed, {kDropout, static_cast<uint64_t>(number)}));
  logged_.clear();
  const Autocast autocast(options_.bf16, torch::Device(options_.device).type());
  const StateBatch batch = states_.next();
  const std::vector<int64_t> drawn = draw_captions(number, batch.pictures);
  if (options_.answers()) return answer_loss(blip_, batch.states, train_, drawn, options_);
  const std::vector<std::string> captions = train_.texts(drawn);
  Tensor loss;
  const auto add = [&](const char* name, const Tensor& part) {
    logged_.emplace_back(name, part.item<double>());
    loss = loss.defined() ? loss + part : part;
  };
  if (options_.contrasts()) add("loss_contrast_match", contrast_and_match(batch, captions, number));
  if (options_.writes()) add("loss_language", write(batch.states, captions));
  return loss;
}

/// As many captions for each picture, one beside the other; those of a picture that has fewer come again.
std::vector<int64_t> BlipTask::draw_captions(int64_t number, const std::vector<int64_t>& pictures) const {
  const DrawnCaptions drawn = sampler_.captions(number, pictures);
  std::vector<int64_t> captions;
  for (size_t row = 0, next = 0; row < pictures.size(); ++row) {
    const size_t first = next;
    while (next < drawn.owner.size() && drawn.owner[next] == static_cast<int64_t>(row)) ++next;
    for (int64_t k = 0; k < options_.captions_per_picture; ++k)
      captions.push_back(drawn.captions[first + static_cast<size_t>(k) % (next - first)]);
  }
  return captions;
}

/// The language model's loss; as many captions beside each other for each picture, whose keys they share. Only what
/// counts is scored.
Tensor BlipTask::write(const Tensor& states, const std::vector<std::string>& captions) {
  const LanguageBatch texts = language_batch(blip_, captions, options_);
  std::vector<int64_t> places, ids;
  for (size_t i = 0; i + 1 < texts.labels.size(); ++i)
    if (texts.labels[i + 1] >= 0) {  // never the first of a row
      places.push_back(static_cast<int64_t>(i));
      ids.push_back(texts.labels[i + 1]);
    }
  const Tensor written = encode_tokens_over<Tensor>(blip_.model.text_decoder, texts.tokens,
                                                    project_states<Tensor>(blip_.model.text_decoder, states), true);
  const Tensor counted = written.flatten(0, 1).index_select(0, torch::tensor(places, torch::kLong).to(states.device()));
  return token_loss(score_tokens<Tensor>(blip_.model, counted).to(torch::kFloat), ids, options_.label_smoothing);
}

/// Grows over the first epoch, as the paper's code has it.
double BlipTask::distillation(int64_t number) const {
  return options_.distillation * std::min(1.0, static_cast<double>(number) / static_cast<double>(batches_per_epoch()));
}

Tensor BlipTask::contrast_and_match(const StateBatch& batch, const std::vector<std::string>& captions, int64_t number) {
  const TokenBatch texts = encoder_batch(blip_, captions, options_);
  towers_->follow(blip_, options_.momentum);
  const Tensor seen = options_.freeze_image ? batch.states : towers_->look(batch.pixels);
  const MomentumFeatures slow = towers_->features(seen, texts, batch.pictures);
  const Tensor images = contrast_image<Tensor>(blip_.model, batch.states).to(torch::kFloat);
  const Tensor words = contrast_text<Tensor>(blip_.model, texts).to(torch::kFloat);
  const MomentumContrastLoss contrast = momentum_contrast_loss(images, words, slow, temperature_, distillation(number));
  const Tensor loss = contrast.loss + match(batch.states, texts, contrast, batch.pictures, number);
  towers_->push(slow);
  return loss;
}

Tensor BlipTask::match(const Tensor& states, const TokenBatch& texts, const MomentumContrastLoss& contrast,
                       const std::vector<int64_t>& ids, int64_t number) {
  const int64_t n = states.size(0);
  const auto negatives = [&](const Tensor& similarities, Purpose purpose) {
    return draw_hard_negatives(similarities.narrow(1, 0, n), ids,
                               mix_seed(options_.seed, {purpose, static_cast<uint64_t>(number)}),
                               options_.random_mismatches);
  };
  const MatchRows rows =
      match_rows(negatives(contrast.sim_t2i, kImageNegatives), negatives(contrast.sim_i2t, kTextNegatives));
  std::vector<CrossKeys<Tensor>> keys = project_states<Tensor>(blip_.model.text_encoder, states);
  for (CrossKeys<Tensor>& layer : keys) layer = select_sources(layer, rows.images);
  return match_loss(match_logits_over<Tensor>(blip_.model, token_rows(texts, rows.texts), keys).to(torch::kFloat),
                    rows.labels, options_.balance_matching);
}

Parameters BlipTask::more_state() {
  if (!towers_) return {};
  Parameters state = towers_->state();
  state.push_back({"match.boundary", boundary_});
  return state;
}

void BlipTask::after_update(int64_t) {
  if (!temperature_.defined()) return;
  torch::NoGradGuard no_grad;
  temperature_.clamp_(kColdest, kHottest);
}

Validation BlipTask::validate() {
  torch::NoGradGuard no_grad;
  if (options_.answers())
    return validate_answers(blip_, val_, val_states_,
                            common_answers(train_, static_cast<size_t>(options_.closed_answers)), options_);
  return options_.task == "caption" ? validate_captions() : validate_contrast();
}

Validation BlipTask::validate_captions() {
  const int64_t pictures = options_.validated_of(val_.picture_count());
  GenerationOptions writing = with_end({}, blip_.model.config.text);
  writing.num_beams = options_.validation_beams;
  writing.max_new_tokens = options_.validation_tokens;
  std::vector<int64_t> prompt{blip_.model.config.text.bos_token_id};
  for (const int32_t id : blip_.tokenizer->encode(options_.prompt, false)) prompt.push_back(id);
  CaptionSet set;
  for (int64_t first = 0; first < pictures; first += kEvaluationBatch) {
    const int64_t n = std::min(kEvaluationBatch, pictures - first);
    BlipWriter<Tensor> writer(blip_.model, {val_states_.of(first, n), {}});
    const auto texts = generate(writer, std::vector(static_cast<size_t>(n), prompt), writing);
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::span ids = std::span(texts[i].ids).subspan(prompt.size());
      set.candidates.push_back(coco_caption_tokens(blip_.tokenizer->decode(words_of(blip_.model.config.text, ids))));
      std::vector<std::string>& references = set.references.emplace_back();
      for (const Caption& c : val_.records[static_cast<size_t>(first) + i].captions)
        references.push_back(coco_caption_tokens(c.text));
    }
  }
  const double cider_score = cider_d(set).corpus, bleu_4 = bleu(set)[3].corpus;
  Validation found;
  found.score = cider_score;
  found.figures = {{"pictures", pictures}, {"cider_d", cider_score}, {"bleu_4", bleu_4}};
  found.scalars = {{"validation/cider_d", cider_score}, {"validation/bleu_4", bleu_4}};
  found.line = fmt::format("CIDEr-D {:.3f}  BLEU-4 {:.3f}  \"{}\"", cider_score, bleu_4, set.candidates.front());
  return found;
}

Validation BlipTask::validate_contrast() {
  std::vector<Tensor> pictures, captions;
  for (int64_t first = 0; first < val_.picture_count(); first += kEvaluationBatch)
    pictures.push_back(contrast_image<Tensor>(
        blip_.model, val_states_.of(first, std::min(kEvaluationBatch, val_.picture_count() - first))));
  for (int64_t first = 0; first < val_.caption_count(); first += kEvaluationBatch) {
    std::vector<int64_t> wanted;
    for (int64_t c = first; c < std::min(first + kEvaluationBatch, val_.caption_count()); ++c) wanted.push_back(c);
    captions.push_back(contrast_text<Tensor>(blip_.model, encoder_batch(blip_, val_.texts(wanted), options_)));
  }
  const auto joined = [](const std::vector<Tensor>& parts) {
    return torch::cat(parts).to(torch::kCPU, torch::kFloat).contiguous();
  };
  Validation found = validate_retrieval(val_, joined(pictures), joined(captions), options_.threads);
  const MatchFigures figures = validate_matching(blip_, val_, val_states_, options_);
  if (options_.calibrate_matching) boundary_.fill_(figures.boundary);
  add_figures(found, figures, options_.keep == "match");
  return found;
}

void BlipTask::save(const std::vector<Tensor>& values, const fs::path& folder) {
  save_trained_blip(blip_, parameters_, values, boundary_.item<double>(), folder);
  seen_.save(folder);
}

}  // namespace

TrainSummary train_blip(BlipTrainOptions options) {
  return run_task<BlipTask>(std::move(options));
}

}  // namespace sensorium
