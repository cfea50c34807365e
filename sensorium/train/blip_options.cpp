#include "sensorium/train/blip_options.h"

namespace sensorium {
namespace {

constexpr double kMany = 1e12;

void describe_model(BlipTrainOptions& c, OptionSet& o) {
  o.field("task", c.task,
          "caption: language model over pictures; retrieval: contrast and matching; pretrain: all three losses")
      .one_of({"caption", "retrieval", "pretrain"});
  o.field("model", c.model, "BLIP configuration (JSON file): begin from fresh weights");
  o.field("init", c.init, "BLIP folder to begin from; parts it lacks begin fresh");
  o.field("tokenizer", c.tokenizer, "folder with tokenizer files, for a fresh model");
  o.field("vocab_size", c.vocab_size, "train a WordPiece tokenizer of this size on the captions; 0: do not")
      .range(0, 1 << 20);
  o.field("freeze_image", c.freeze_image, "the vision tower does not train");
}

void describe_losses(BlipTrainOptions& c, OptionSet& o) {
  o.field("prompt", c.prompt, "words that every caption begins with, which are not learnt");
  o.field("max_tokens", c.max_tokens, "tokens a caption at most; longer ones are cut").range(3, 4096);
  o.field("label_smoothing", c.label_smoothing, "of the language model's loss").range(0, 0.99);
  o.field("dropout", c.dropout, "in the text transformer").range(0, 0.99);
  o.field("momentum", c.momentum, "of the slow copies of the towers that the contrast is held against").range(0, 1);
  o.field("distillation", c.distillation,
          "weight of the slow copies' opinion in the contrast's targets, grown over the "
          "first epoch")
      .range(0, 1);
  o.field("queue_size", c.queue_size, "older features that the contrast is held against").range(1, 1 << 20);
}

void describe_data(BlipTrainOptions& c, OptionSet& o) {
  o.field("data", c.data, "prepared data folder (sensorium data prepare)").required();
  o.field("out", c.out, "output folder").required();
  o.field("train_split", c.train_split, "split to train on");
  o.field("val_split", c.val_split, "split to validate on");
  o.field("languages", c.languages, "languages of captions; none: all");
  o.group("augment", c.augment);
  o.field("cache_mib", c.cache_mib, "memory for decoded training pictures, shrunk to what crops need; 0: none")
      .range(0, kMany);
  o.field("validation_pictures", c.validation_pictures, "pictures captioned at a validation; 0: all").range(0, kMany);
  o.field("validation_beams", c.validation_beams, "beams of those captions").range(1, 16);
  o.field("validation_tokens", c.validation_tokens, "tokens of those captions at most").range(1, 512);
}

}  // namespace

BlipTrainOptions::BlipTrainOptions() {
  batch_size = 32;
  lr = 1e-5;
  weight_decay = 0.05;
  betas = {0.9, 0.999};
  epsilon = 1e-8;
}

void BlipTrainOptions::describe(OptionSet& o) {
  describe_data(*this, o);
  describe_model(*this, o);
  describe_losses(*this, o);
  describe_optimizer(*this, o);
  describe_run(*this, o);
}

void BlipTrainOptions::check() const {
  if (model.empty() == init.empty())
    throw UsageError("train blip", "expected one of --model and --init, got {}", model.empty() ? "neither" : "both");
  if (!init.empty() && (vocab_size > 0 || !tokenizer.empty()))
    throw UsageError("train blip", "expected no --tokenizer and no --vocab-size with --init");
  if (!model.empty() && (vocab_size > 0) == !tokenizer.empty())
    throw UsageError("train blip", "expected one of --tokenizer and --vocab-size with --model, got {}",
                     vocab_size > 0 ? "both" : "neither");
  if (!prompt.empty() && !writes()) throw UsageError("train blip", "expected no --prompt with --task {}", task);
  check_loop_options(*this, "train blip");
}

BlipKind BlipTrainOptions::kind() const {
  return task == "caption" ? BlipKind::caption : task == "retrieval" ? BlipKind::retrieval : BlipKind::pretraining;
}

OrderedJson resumable_options(BlipTrainOptions options) {
  OrderedJson json = OptionSet::of(options).to_json();
  for (const char* free : {"out", "threads", "workers", "resume", "checkpoint_every", "log_every", "cache_mib"})
    json.erase(free);
  return json;
}

}  // namespace sensorium
