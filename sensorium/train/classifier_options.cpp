#include "sensorium/train/classifier_options.h"

namespace sensorium {
namespace {

void describe_model(ClassifierTrainOptions& c, OptionSet& o) {
  o.field("fusion", c.fusion,
          "concatenate: one vector a modality, side by side, through an MLP; gated: a weighted mean with learnt gates; "
          "tensor: low-rank product; attention: a few learnt queries look at all positions of all modalities")
      .one_of({"concatenate", "gated", "tensor", "attention"});
  o.field("width", c.width, "of each modality's and the joint representation").range(1, 1 << 14);
  o.field("hidden", c.hidden, "of hidden layers").range(1, 1 << 16);
  o.field("tensor_rank", c.tensor_rank, "with --fusion tensor").range(1, 1024);
  o.field("bottleneck_tokens", c.bottleneck_tokens, "learnt queries with --fusion attention").range(1, 1024);
  o.field("heads", c.heads, "with --fusion attention; must divide --width").range(1, 256);
  o.field("dropout", c.dropout, "in encoders and the joint layer").range(0, 0.99);
  o.field("modality_dropout", c.modality_dropout,
          "chance that a modality is hidden from an item in training; one is always left")
      .range(0, 0.99);
  o.field("label_smoothing", c.label_smoothing, "of the cross entropy").range(0, 0.99);
  o.field("image_size", c.image_size, "side of pictures").range(8, 1024);
  o.field("sound_seconds", c.sound_seconds, "of a recording that are heard, from its start").range(0.1, 600);
  o.field("mel_bands", c.mel_bands, "of the log-mel spectrogram").range(8, 256);
  o.field("vocab_size", c.vocab_size, "WordPiece tokens learnt from the training texts").range(100, 1 << 20);
  o.field("max_tokens", c.max_tokens, "tokens of a text at most").range(3, 4096);
}

}  // namespace

ClassifierTrainOptions::ClassifierTrainOptions() {
  batch_size = 32;
  epochs = 30;
  weight_decay = 0.05;
  betas = {0.9, 0.999};
  epsilon = 1e-8;
  warmup_steps = 20;
}

void ClassifierTrainOptions::describe(OptionSet& o) {
  o.field("data", data, "table of items (.csv or .tsv with a header): label, split, and paths or texts").required();
  o.field("modality", modalities,
          "NAME=KIND:SOURCE[@ENCODER]; KIND features (SOURCE: a .npy file with a row an item), picture, sound or text "
          "(SOURCE: a column of the table, empty where the item lacks it); ENCODER mlp, cnn, gru or lstm (default: "
          "mlp for features, cnn for pictures and sounds, gru for texts)")
      .required();
  o.field("out", out, "output folder").required();
  o.field("label", label, "column of classes");
  o.field("split", split, "column of splits");
  o.field("train_split", train_split, "split to train on");
  o.field("val_split", val_split, "split to validate on");
  describe_model(*this, o);
  describe_optimizer(*this, o);
  describe_run(*this, o);
}

void ClassifierTrainOptions::check() const {
  config();
  if (fusion == "attention" && width % heads != 0)
    throw UsageError("train classifier", "expected --heads that divide --width {}, got {}", width, heads);
  check_loop_options(*this, "train classifier");
}

ClassifierConfig ClassifierTrainOptions::config() const {
  ClassifierConfig c;
  for (const std::string& text : modalities) c.modalities.push_back(parse_modality(text));
  for (size_t i = 0; i < c.modalities.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (c.modalities[i].name == c.modalities[j].name)
        throw UsageError("train classifier", "expected different names of modalities, got \"{}\" twice",
                         c.modalities[i].name);
  c.fusion = fusion;
  c.width = width;
  c.hidden = hidden;
  c.tensor_rank = tensor_rank;
  c.bottleneck_tokens = bottleneck_tokens;
  c.heads = heads;
  c.image_size = image_size;
  c.sound_seconds = sound_seconds;
  c.mel_bands = mel_bands;
  c.max_tokens = max_tokens;
  return c;
}

}  // namespace sensorium
