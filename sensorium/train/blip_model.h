#pragma once
// The BLIP model of a run: where it comes from, what of it trains, how texts become its inputs, how it is saved.

#include "sensorium/io/image_processor.h"
#include "sensorium/models/blip/blip.h"
#include "sensorium/models/lora.h"
#include "sensorium/train/blip_options.h"
#include "sensorium/train/pair_data.h"
#include "sensorium/train/parameters.h"

#include <memory>
#include <optional>

namespace sensorium {

using TorchBlip = Blip<torch::Tensor>;

struct TrainableBlip {
  TorchBlip model;
  std::shared_ptr<const Tokenizer> tokenizer;
  std::optional<ImageProcessor> processor;
  std::optional<LoraConfig> lora;
};

/// As the options say. Throws InputError for what does not fit together.
TrainableBlip make_trainable_blip(const BlipTrainOptions& options, const PairData& data);
/// What the options train, each now requiring gradients, by its name in the checkpoint ("NAME#1" for the second part of
/// a fused tensor).
Parameters trainable_parameters(TrainableBlip& blip, const BlipTrainOptions& options);

/// Captions as the language model learns them, and what of them counts: bos words... sep, padded; -100 for padding and
/// the prompt.
struct LanguageBatch {
  TokenBatch tokens;
  std::vector<int64_t> labels;
};
LanguageBatch language_batch(const TrainableBlip& blip, const std::vector<std::string>& captions,
                             const BlipTrainOptions& options);
/// Captions as the encoder reads them.
TokenBatch encoder_batch(const TrainableBlip& blip, const std::vector<std::string>& captions,
                         const BlipTrainOptions& options);

/// Writes a complete folder (adapters merged, and beside that alone in adapter/); `values`, where not empty, stand for
/// the parameters' own. The matching head's bias is moved
/// so that pairs of the log odds `boundary` come to a probability of 0.5.
void save_trained_blip(const TrainableBlip& blip, const Parameters& parameters,
                       const std::vector<torch::Tensor>& values, double boundary, const fs::path& folder);

}  // namespace sensorium
