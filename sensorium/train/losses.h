#pragma once
// Losses over a batch of N pairs: row i of `images` belongs to row i of `texts`. Rows [N,P] have unit length unless
// said otherwise; every loss is a scalar of the rows' type and differentiable. Thread-safe.

#include <torch/types.h>

namespace sensorium {

/// Each row divided by its length, without an epsilon.
torch::Tensor unit_rows(const torch::Tensor& rows);

/// Symmetric InfoNCE: with logits = exp(logit_scale) images texts^T, the mean of the rows' and of the columns' cross
/// entropies with the diagonal as target, halved (van den Oord et al., 2018; Radford et al., "CLIP", 2021, figure 3).
torch::Tensor info_nce_loss(const torch::Tensor& images, const torch::Tensor& texts, const torch::Tensor& logit_scale);

/// The same for M >= N texts, several of an image: text j belongs to image `owner[j]` (int64 [M], each of 0..N-1 at
/// least once). An image's target is uniform over its texts (Khosla et al., "Supervised contrastive learning", 2020,
/// eq. 2).
torch::Tensor info_nce_loss(const torch::Tensor& images, const torch::Tensor& texts, const torch::Tensor& owner,
                            const torch::Tensor& logit_scale);

/// Sum over all pairs of -log sigmoid(s_ij logits_ij) / N, s = 1 on the diagonal and -1 elsewhere, with
/// logits = exp(logit_scale) images texts^T + logit_bias (Zhai et al., "Sigmoid loss for language image pre-training",
/// 2023).
torch::Tensor sigmoid_loss(const torch::Tensor& images, const torch::Tensor& texts, const torch::Tensor& logit_scale,
                           const torch::Tensor& logit_bias);

/// Mean over pairs of y d^2 + (1 - y) max(0, margin - d)^2, d = 1 - cosine; `match` [N] is 1 where row i belongs to row
/// i and 0 where not (Hadsell, Chopra, LeCun, "Dimensionality reduction by learning an invariant mapping", 2006).
torch::Tensor margin_loss(const torch::Tensor& images, const torch::Tensor& texts, const torch::Tensor& match,
                          double margin);

enum class Negatives { hardest, all };

/// Hinge costs max(0, margin + s_ij - s_ii) by row and by column over the negatives j != i, summed over the batch: all
/// of them (Kiros et al., 2014), or the hardest of each row and column (Faghri et al., "VSE++", 2017).
torch::Tensor triplet_loss(const torch::Tensor& images, const torch::Tensor& texts, double margin, Negatives negatives);

/// Deep CCA: min(D1, D2) less the sum of the canonical correlations of two views (N x D1) and (N x D2) whose rows
/// belong together and need no unit length. Covariances of the batch, `ridge` added to the diagonals of each view's
/// own; correlations are the singular values of L1^-1 S12 L2^-T with S11 = L1 L1^T, S22 = L2 L2^T (the same as with
/// symmetric roots), computed in float64. Throws InputError when N < 2 or a covariance is singular at this ridge
/// (Andrew, Arora, Bilmes, Livescu, "Deep canonical correlation analysis", ICML 2013).
torch::Tensor cca_loss(const torch::Tensor& images, const torch::Tensor& texts, double ridge);

}  // namespace sensorium
