#include "sensorium/train/clip_options.h"

namespace sensorium {
namespace {

constexpr double kMany = 1e12;

void describe_model(ClipTrainOptions& c, OptionSet& o) {
  o.field("model", c.model, "model configuration (JSON file): begin from fresh weights");
  o.field("image_tower", c.image_tower, "checkpoint folder of a pretrained image tower (with --text-tower)");
  o.field("text_tower", c.text_tower, "checkpoint folder of a pretrained text tower (with --image-tower)");
  o.field("init", c.init, "checkpoint folder of a dual encoder to begin from");
  o.field("tokenizer", c.tokenizer, "folder with tokenizer files, where the model has none of its own");
  o.field("vocab_size", c.vocab_size, "train a byte-level BPE tokenizer of this size on the captions; 0: do not")
      .range(0, 1 << 20);
  o.field("projection_dim", c.projection_dim, "width of the shared space, for two pretrained towers").range(1, 1 << 16);
  o.field("projection_hidden_dim", c.projection_hidden_dim,
          "hidden width of two-layer projections (our extension of VisionTextDualEncoder); 0: linear")
      .range(0, 1 << 16);
  o.field("feature_dropout", c.feature_dropout, "dropout of the pooled features before the projections").range(0, 0.99);
  o.field("hidden_dropout", c.hidden_dropout, "dropout inside two-layer projections").range(0, 0.99);
  o.field("text_pooling", c.text_pooling, "how a pretrained BERT's states become one").one_of({"mean", "pooler"});
  o.field("freeze", c.freeze, "towers that do not train; their features are computed once and cached")
      .one_of({"none", "image", "text", "both"});
  o.field("feature_views", c.feature_views, "cached views of each picture: plain, mirrored, then random crops")
      .range(1, 64);
  o.field("lora_rank", c.lora_rank,
          "rank of adapters on q_proj and v_proj, which then train instead of the towers; 0: none")
      .range(0, 4096);
  o.field("lora_alpha", c.lora_alpha, "scale of the adapters is alpha / rank").range(0, 1e6);
}

void describe_loss(ClipTrainOptions& c, OptionSet& o) {
  o.field("loss", c.loss, "what is minimised")
      .one_of({"infonce", "sigmoid", "margin", "triplet_hardest", "triplet_all", "cca"});
  o.field("margin", c.margin, "margin of the margin and triplet losses").range(0, 2);
  o.field("cca_ridge", c.cca_ridge, "added to the variances (cca loss: deep CCA of the embeddings)").range(0, 1e6);
  o.field("mismatched", c.mismatched, "part of a batch's pictures that get another picture's captions (margin loss)")
      .range(0, 1);
  o.field("captions_per_picture", c.captions_per_picture,
          "captions of each picture in a batch (infonce): its target is uniform over them")
      .range(1, 64);
  o.field("mine_every", c.mine_every,
          "epochs between searches for hard mismatched captions (margin loss); 0: random ones")
      .range(0, kMany);
  o.field("mine_candidates", c.mine_candidates, "hard captions kept for each picture").range(1, 1024);
}

void describe_data(ClipTrainOptions& c, OptionSet& o) {
  o.field("data", c.data, "prepared data folder (sensorium data prepare)").required();
  o.field("out", c.out, "output folder").required();
  o.field("train_split", c.train_split, "split to train on");
  o.field("val_split", c.val_split, "split to validate on");
  o.field("languages", c.languages, "languages of captions; none: all");
  o.field("sampling", c.sampling,
          "what comes equally often: pictures, or the classes that their labels name, however many pictures each has")
      .one_of({"pictures", "classes"});
  o.group("augment", c.augment);
  o.field("cache_mib", c.cache_mib, "memory for decoded training pictures, shrunk to what crops need; 0: none")
      .range(0, kMany);
  o.field("cache", c.cache, "folder for features of frozen towers; default: cache in the output folder");
}

}  // namespace

void ClipTrainOptions::describe(OptionSet& o) {
  describe_data(*this, o);
  describe_model(*this, o);
  describe_loss(*this, o);
  describe_optimizer(*this, o);
  o.field("initial_logit_scale", initial_logit_scale, "exp of the first logit_scale; 0: as the model has it")
      .range(0, 100);
  describe_run(*this, o);
}

void ClipTrainOptions::check() const {
  const int starts = int{!model.empty()} + int{!init.empty()} + int{!image_tower.empty() || !text_tower.empty()};
  if (starts != 1)
    throw UsageError("train clip", "expected one of --model, --init, and --image-tower with --text-tower, got {}",
                     starts);
  if (image_tower.empty() != text_tower.empty())
    throw UsageError("train clip", "expected --image-tower and --text-tower together, got one of them");
  if (vocab_size > 0 && !tokenizer.empty())
    throw UsageError("train clip", "expected --tokenizer or --vocab-size, got both");
  if (!model.empty() && vocab_size == 0 && tokenizer.empty())
    throw UsageError("train clip", "expected --tokenizer or --vocab-size with --model, got neither");
  check_loop_options(*this, "train clip");
  if (mine_every > 0 && loss != "margin")
    throw UsageError("train clip", "expected --loss margin with --mine-every, got {}", loss);
  if (loss == "cca" && batch_size <= projection_dim && cca_ridge == 0)
    throw UsageError("train clip", "expected a --batch-size above --projection-dim {} with --loss cca, got {}",
                     projection_dim, batch_size);
  if (captions_per_picture > 1 && loss != "infonce")
    throw UsageError("train clip", "expected --loss infonce with --captions-per-picture, got {}", loss);
  if (lora_rank > 0 && freeze != "none")
    throw UsageError("train clip", "expected --freeze none with --lora-rank, got {}", freeze);
  if (!model.empty() && freeze != "none")
    throw UsageError("train clip", "expected pretrained weights with --freeze {}, got fresh ones (--model)", freeze);
  if (feature_views > 1 && !freezes_image())
    throw UsageError("train clip", "expected a frozen image tower with --feature-views, got --freeze {}", freeze);
}

}  // namespace sensorium
