#pragma once
// How well the pictures and captions of a split find each other.

#include "sensorium/train/pair_data.h"
#include "sensorium/train/train_loop.h"

namespace sensorium {

/// Recalls and median ranks in both directions from unit rows on the CPU, [pictures, P] and [captions, P]; the score is
/// the sum of the six recalls in per cent, the field's "rsum".
Validation validate_retrieval(const PairData& data, const torch::Tensor& pictures, const torch::Tensor& captions,
                              int threads);

}  // namespace sensorium
