#pragma once
// Losses as plain numbers from a matrix of logits, in float64: what reference cases list beside their logits. Training
// has differentiable ones of its own.

#include <cstdint>
#include <span>
#include <vector>

namespace sensorium {

/// (mean cross entropy of the rows + of the columns) / 2, the diagonal as target; logits [n, n] (Radford et al., 2021).
double info_nce_of_logits(std::span<const float> logits, int64_t n);

/// Sum over all pairs of -log sigmoid(s_ij logits_ij), s = 1 on the diagonal and -1 elsewhere, over n (Zhai et al.,
/// 2023).
double sigmoid_loss_of_logits(std::span<const float> logits, int64_t n);

/// -log softmax(row)[target] with the target smoothed: (1 - smoothing) of it on `target` and the rest spread evenly
/// over all classes, the target among them (Szegedy et al., 2016; torch's label_smoothing).
double cross_entropy_of(std::span<const float> row, int64_t target, double smoothing = 0);

/// Momentum-distilled contrast of pictures and texts (Li et al., "ALBEF", 2021; BLIP, 2022): B rows of D values each,
/// queues [D, Q] of Q older columns. `ids` and `ids_queue`, where not empty, say which columns belong together
/// (retrieval); else each row's own column does.
struct MomentumContrastInput {
  int64_t rows = 0, width = 0, queue = 0;
  std::vector<double> image, text, image_momentum, text_momentum, image_queue, text_queue;
  std::vector<int64_t> ids, ids_queue;
  double alpha = 0.4, temperature = 0.07;
};
struct MomentumContrast {
  std::vector<double> sim_i2t, sim_t2i, targets_i2t, targets_t2i;  // [B, B + Q]
  double loss_i2t = 0, loss_t2i = 0;
  double loss() const { return (loss_i2t + loss_t2i) / 2; }
};
MomentumContrast momentum_contrast_of(const MomentumContrastInput& in);

/// The queue [D, Q] with columns (pointer + i) mod Q replaced by the rows of `features` [B, D].
std::vector<double> queue_after(std::vector<double> queue, const std::vector<double>& features, int64_t rows,
                                int64_t pointer);

}  // namespace sensorium
