#pragma once
// One modality of items made worse on purpose, to see what that costs a classifier.

#include "sensorium/train/modality_data.h"

namespace sensorium {

/// What is done to a modality.
struct ModalityCorruption {
  enum class Kind { none, missing, noise, blur };
  Kind kind = Kind::none;
  double amount = 0;
  uint64_t seed = 0;
};

/// Changes a batch of B items, those of the table's rows `items`, in place; what an item lacks stays as it is.
///   missing  every item lacks the modality
///   noise    normal, of standard deviation `amount` in units of a pixel's full range (pictures, cut at its ends) or of
///            `deviation` (C) in each column (features, sounds: bands in decibels); of texts, each token becomes, with
///            probability `amount`, any token of the vocabulary
///   blur     Gaussian of standard deviation `amount` pixels of the encoder's input, borders repeated; pictures alone
/// Depends on the seed and the item's row, not on batches. Cost of noise: a normal number a value. Thread-safe.
void corrupt(const ModalityCorruption& corruption, const ModalitySpec& spec, const torch::Tensor& deviation,
             const std::vector<int64_t>& items, ModalityBatch& batch);

}  // namespace sensorium
