#pragma once
// BLIP's losses (Li et al., "BLIP", 2022, section 3.2; Li et al., "ALBEF", 2021, for the contrast with momentum).
// Scalars of the inputs' type, differentiable. Thread-safe.

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace sensorium {

/// What the contrast of one batch is held against: features [B,D] of the batch by the slow (momentum) copies of the
/// towers, and queues [D,Q] of older such features. None carries a gradient.
struct MomentumFeatures {
  torch::Tensor image, text, image_queue, text_queue;
  /// Identities of the batch's pictures [B] and of the queue's columns [Q], where several columns may belong to one
  /// (fine-tuning for retrieval); undefined: each row belongs to its own column alone.
  torch::Tensor ids, ids_queue;
};

struct MomentumContrastLoss {
  torch::Tensor loss, loss_i2t, loss_t2i;
  torch::Tensor targets_i2t, targets_t2i;  // [B, B + Q]
  torch::Tensor sim_i2t, sim_t2i;          // [B, B + Q], over the temperature
};

/// Cross entropy of the similarities of unit rows [B,D] with all columns, against alpha times the slow copies' own
/// softmax plus (1 - alpha) times the truth; mean of both directions.
MomentumContrastLoss momentum_contrast_loss(const torch::Tensor& images, const torch::Tensor& texts,
                                            const MomentumFeatures& slow, const torch::Tensor& temperature,
                                            double alpha);

/// Writes the rows [B,D] to columns (pointer + i) mod Q of the queue [D,Q], in place.
void push_to_queue(torch::Tensor& queue, const torch::Tensor& rows, int64_t pointer);

/// Hard negatives: for each row of similarities [B,B] another column, drawn with the probabilities of the row's softmax
/// (its own column and those of the same identity, where given, left out); with the probability `at_random` uniformly
/// among them instead. A row with none left gets a uniform choice among the others. Draws depend on the seed alone.
std::vector<int64_t> draw_hard_negatives(const torch::Tensor& similarities, const std::vector<int64_t>& ids,
                                         uint64_t seed, double at_random = 0);

/// Mean cross entropy of match logits [N,2] against labels (1: match); `balanced`: both kinds weigh the same, however
/// many there are of each.
torch::Tensor match_loss(const torch::Tensor& logits, const std::vector<int64_t>& labels, bool balanced = false);

/// Mean cross entropy of scores [N,V] against token ids, smoothed over the vocabulary.
torch::Tensor token_loss(const torch::Tensor& scores, const std::vector<int64_t>& ids, double smoothing);
/// Cross entropy of logits [B,T,V]: position t against label t + 1 of labels [B*T] (-100 does not count), smoothed over
/// the vocabulary; mean over what counts.
torch::Tensor language_loss(const torch::Tensor& logits, const std::vector<int64_t>& labels, double smoothing);
/// The same, but summed: each row's tokens times the row's weight.
torch::Tensor weighted_language_loss(const torch::Tensor& logits, const std::vector<int64_t>& labels,
                                     const std::vector<double>& weights, double smoothing);

}  // namespace sensorium
