#pragma once
// The model of a run: where its weights come from, which of them train, and what is saved of it.

#include "sensorium/io/image_processor.h"
#include "sensorium/models/dual_encoder.h"
#include "sensorium/models/lora.h"
#include "sensorium/train/clip_options.h"
#include "sensorium/train/pair_data.h"
#include "sensorium/train/parameters.h"

#include <memory>
#include <optional>

namespace sensorium {

using TorchDualEncoder = DualEncoder<torch::Tensor>;

/// A model with all that belongs to it.
struct TrainableClip {
  TorchDualEncoder model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::optional<ImageProcessor> processor;
  std::optional<LoraConfig> lora;
};

/// As the options say: from a checkpoint, from two towers' checkpoints joined by new projections, or fresh from a
/// configuration, with a tokenizer trained on the captions where asked. Throws InputError for what does not fit
/// together.
TrainableClip make_trainable_clip(const ClipTrainOptions& options, const PairData& data);

/// Two pretrained towers (a Hugging Face vision model's folder and a BERT's) as a VisionTextDualEncoder with fresh
/// projections. Throws InputError.
TorchDualEncoder join_towers(const ClipTrainOptions& options);

/// What the options train, each now requiring gradients, by its name in the checkpoint ("NAME#1" for the second part of
/// a fused tensor); everything else does not.
Parameters trainable_parameters(TrainableClip& clip, const ClipTrainOptions& options);

/// BatchNorm's running values, which move in training.
Parameters running_values(TorchDualEncoder& model);

/// Lets BatchNorms of towers that train use the batch's statistics (training) or the running ones.
void set_training(TorchDualEncoder& model, const ClipTrainOptions& options, bool training);

/// Writes a complete Hugging Face folder: configuration, weights (with adapters merged, and beside that the adapter in
/// adapter/), tokenizer and preprocessor_config.json. `values`, where not empty, stand for the parameters' own.
void save_clip(const TrainableClip& clip, const Parameters& parameters, const std::vector<torch::Tensor>& values,
               const fs::path& folder);

}  // namespace sensorium
