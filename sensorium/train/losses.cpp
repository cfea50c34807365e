#include "sensorium/train/losses.h"

#include <torch/torch.h>

namespace sensorium {

using torch::Tensor;

Tensor unit_rows(const Tensor& rows) {
  return rows / rows.norm(2, /*dim=*/1, /*keepdim=*/true);
}

Tensor info_nce_loss(const Tensor& images, const Tensor& texts, const Tensor& logit_scale) {
  const Tensor logits = logit_scale.exp() * images.matmul(texts.t());
  const Tensor target = torch::arange(logits.size(0), torch::TensorOptions(torch::kLong).device(logits.device()));
  return (torch::cross_entropy_loss(logits, target) + torch::cross_entropy_loss(logits.t(), target)) / 2;
}

Tensor info_nce_loss(const Tensor& images, const Tensor& texts, const Tensor& owner, const Tensor& logit_scale) {
  const Tensor logits = logit_scale.exp() * images.matmul(texts.t());  // [N,M]
  const Tensor rows = torch::arange(images.size(0), owner.options()).unsqueeze(1);
  const Tensor belongs = owner.unsqueeze(0).eq(rows).to(logits.scalar_type());
  const Tensor target = belongs / belongs.sum(1, /*keepdim=*/true);
  const Tensor row_loss = -(logits.log_softmax(1) * target).sum(1).mean();
  return (row_loss + torch::cross_entropy_loss(logits.t(), owner)) / 2;
}

Tensor sigmoid_loss(const Tensor& images, const Tensor& texts, const Tensor& logit_scale, const Tensor& logit_bias) {
  const Tensor logits = logit_scale.exp() * images.matmul(texts.t()) + logit_bias;
  const int64_t n = logits.size(0);
  const Tensor sign = 2 * torch::eye(n, logits.options()) - 1;
  return -torch::log_sigmoid(sign * logits).sum() / n;
}

Tensor margin_loss(const Tensor& images, const Tensor& texts, const Tensor& match, double margin) {
  const Tensor distance = 1 - (images * texts).sum(1);
  return (match * distance.square() + (1 - match) * (margin - distance).clamp_min(0).square()).mean();
}

Tensor triplet_loss(const Tensor& images, const Tensor& texts, double margin, Negatives negatives) {
  const Tensor scores = images.matmul(texts.t());
  const Tensor own = scores.diagonal();
  const Tensor other = 1 - torch::eye(scores.size(0), scores.options());
  const Tensor row_cost = (margin + scores - own.unsqueeze(1)).clamp_min(0) * other;
  const Tensor column_cost = (margin + scores - own.unsqueeze(0)).clamp_min(0) * other;
  if (negatives == Negatives::all) return row_cost.sum() + column_cost.sum();
  return std::get<0>(row_cost.max(1)).sum() + std::get<0>(column_cost.max(0)).sum();
}

}  // namespace sensorium
