#pragma once
// Losses as plain numbers from a matrix of logits, in float64: what reference cases list beside their logits. Training
// has differentiable ones of its own.

#include <cstdint>
#include <span>

namespace sensorium {

/// (mean cross entropy of the rows + of the columns) / 2, the diagonal as target; logits [n, n] (Radford et al., 2021).
double info_nce_of_logits(std::span<const float> logits, int64_t n);

/// Sum over all pairs of -log sigmoid(s_ij logits_ij), s = 1 on the diagonal and -1 elsewhere, over n (Zhai et al.,
/// 2023).
double sigmoid_loss_of_logits(std::span<const float> logits, int64_t n);

}  // namespace sensorium
