#include "sensorium/train/blip_options.h"

namespace sensorium {
namespace {

constexpr double kMany = 1e12;

void describe_model(BlipTrainOptions& c, OptionSet& o) {
  o.field("task", c.task,
          "caption: language model over pictures; retrieval: contrast and matching; pretrain: all three losses; vqa: "
          "answers to the questions of the data")
      .one_of({"caption", "retrieval", "pretrain", "vqa"});
  o.field("model", c.model, "BLIP configuration (JSON file): begin from fresh weights");
  o.field("init", c.init, "BLIP folder to begin from; parts it lacks begin fresh");
  o.field("tokenizer", c.tokenizer, "folder with tokenizer files, for a fresh model");
  o.field("vocab_size", c.vocab_size, "train a WordPiece tokenizer of this size on the captions; 0: do not")
      .range(0, 1 << 20);
  o.field("image_tower", c.image_tower, "with --model: checkpoint folder of a pretrained ResNet, as the vision tower");
  o.field(
      "text_tower", c.text_tower,
      "with --model: checkpoint folder of a BERT whose tokenizer, embeddings and layers the text transformer begins "
      "with; its cross attention begins fresh");
  o.field("freeze_image", c.freeze_image, "the vision tower does not train; its states are computed once and cached");
  o.field("feature_views", c.feature_views, "cached views of each picture: plain, mirrored").range(1, 2);
  o.field("feature_dropout", c.feature_dropout, "dropout of cached states").range(0, 0.99);
  o.field("lora_rank", c.lora_rank,
          "rank of adapters on the text transformer's queries and values, which then train instead of it and of the "
          "vision tower; 0: none")
      .range(0, 4096);
  o.field("lora_alpha", c.lora_alpha, "scale of the adapters is alpha / rank").range(0, 1e6);
}

void describe_losses(BlipTrainOptions& c, OptionSet& o) {
  o.field("prompt", c.prompt, "words that every caption begins with, which are not learnt");
  o.field("max_tokens", c.max_tokens, "tokens a caption at most; longer ones are cut").range(3, 4096);
  o.field("captions_per_picture", c.captions_per_picture, "captions of each picture in a batch (caption)").range(1, 64);
  o.field("label_smoothing", c.label_smoothing, "of the language model's loss").range(0, 0.99);
  o.field("dropout", c.dropout, "in the text transformer").range(0, 0.99);
  o.field("momentum", c.momentum, "of the slow copies of the towers that the contrast is held against").range(0, 1);
  o.field("distillation", c.distillation,
          "weight of the slow copies' opinion in the contrast's targets, grown over the "
          "first epoch")
      .range(0, 1);
  o.field("queue_size", c.queue_size, "older features that the contrast is held against").range(1, 1 << 20);
  o.field("random_mismatches", c.random_mismatches,
          "part of the matching loss's mismatches drawn at random, instead of by the contrast's similarities")
      .range(0, 1);
  o.field("balance_matching", c.balance_matching,
          "matches weigh as much as mismatches, of which there are twice as many");
  o.field(
      "calibrate_matching", c.calibrate_matching,
      "move the matching head's bias so that, at 0.5, as many of the validation split's captions are kept as random "
      "ones are removed");
  o.field("keep", c.keep, "figure whose best checkpoint is kept (retrieval, pretrain)").one_of({"recall", "match"});
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
  o.field("cache", c.cache, "folder for states of a frozen vision tower; default: cache in the output folder");
  o.field("validation_pictures", c.validation_pictures,
          "pictures captioned, matched or asked about at a validation; 0: all")
      .range(0, kMany);
  o.field("validation_beams", c.validation_beams, "beams of those captions or answers").range(1, 16);
  o.field("validation_tokens", c.validation_tokens, "tokens of those captions or answers at most").range(1, 512);
  o.field("closed_answers", c.closed_answers,
          "validate by ranking so many answers, the most common of the training split; 0: answers are written (vqa)")
      .range(0, kMany);
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
  if (!init.empty() && !(image_tower.empty() && text_tower.empty()))
    throw UsageError("train blip", "expected no --image-tower and no --text-tower with --init");
  const int tokenizers = int{vocab_size > 0} + int{!tokenizer.empty()} + int{!text_tower.empty()};
  if (!model.empty() && tokenizers != 1)
    throw UsageError("train blip", "expected one of --tokenizer, --vocab-size and --text-tower with --model, got {}",
                     tokenizers == 0 ? "none" : "several");
  if (text_tower.empty() == false && task != "retrieval")
    throw UsageError("train blip", "expected --task retrieval with --text-tower, got {}", task);
  if (freeze_image && init.empty() && image_tower.empty())
    throw UsageError("train blip", "expected a pretrained vision tower with --freeze-image (--init or --image-tower)");
  if (lora_rank > 0 && (init.empty() || !freeze_image))
    throw UsageError("train blip", "expected --init and --freeze-image with --lora-rank");
  if ((feature_views > 1 || feature_dropout > 0) && !freeze_image)
    throw UsageError("train blip", "expected --freeze-image with --feature-views and --feature-dropout");
  if (captions_per_picture > 1 && task != "caption")
    throw UsageError("train blip", "expected --task caption with --captions-per-picture, got {}", task);
  if (closed_answers > 0 && !answers())
    throw UsageError("train blip", "expected --task vqa with --closed-answers, got {}", task);
  if (!contrasts() && (random_mismatches > 0 || balance_matching || calibrate_matching || keep != "recall"))
    throw UsageError("train blip",
                     "expected --task retrieval or pretrain with --random-mismatches, --balance-matching, "
                     "--calibrate-matching and --keep, got {}",
                     task);
  if (!prompt.empty() && !writes()) throw UsageError("train blip", "expected no --prompt with --task {}", task);
  check_loop_options(*this, "train blip");
}

BlipKind BlipTrainOptions::kind() const {
  return task == "caption"     ? BlipKind::caption
         : task == "retrieval" ? BlipKind::retrieval
         : task == "vqa"       ? BlipKind::vqa
                               : BlipKind::pretraining;
}

}  // namespace sensorium
