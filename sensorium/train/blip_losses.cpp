#include "sensorium/train/blip_losses.h"

#include "sensorium/base/rng.h"

#include <torch/torch.h>

namespace sensorium {

using torch::Tensor;

namespace {

Tensor truth_of(const MomentumFeatures& slow, int64_t rows, int64_t queue, const at::TensorOptions& options) {
  if (!slow.ids.defined()) return torch::cat({torch::eye(rows, options), torch::zeros({rows, queue}, options)}, 1);
  const Tensor columns = torch::cat({slow.ids, slow.ids_queue});
  const Tensor same = slow.ids.unsqueeze(1).eq(columns.unsqueeze(0)).to(options.dtype());
  return same / same.sum(1, /*keepdim=*/true);
}

/// The label after each position but the last of its row.
std::vector<int64_t> next_ids(const std::vector<int64_t>& labels, int64_t length) {
  std::vector<int64_t> next;
  for (auto row = labels.begin(); row != labels.end(); row += length) next.insert(next.end(), row + 1, row + length);
  return next;
}

Tensor soft_cross_entropy(const Tensor& similarities, const Tensor& targets) {
  return -(similarities.log_softmax(1) * targets).sum(1).mean();
}

}  // namespace

MomentumContrastLoss momentum_contrast_loss(const Tensor& images, const Tensor& texts, const MomentumFeatures& slow,
                                            const Tensor& temperature, double alpha) {
  const Tensor all_texts = torch::cat({slow.text.t(), slow.text_queue}, 1);     // [D, B + Q]
  const Tensor all_images = torch::cat({slow.image.t(), slow.image_queue}, 1);  // [D, B + Q]
  MomentumContrastLoss out;
  {
    torch::NoGradGuard no_grad;
    const Tensor truth = truth_of(slow, images.size(0), slow.text_queue.size(1), slow.text.options());
    const auto target = [&](const Tensor& rows, const Tensor& columns) {
      return alpha * (rows.matmul(columns) / temperature).softmax(1) + (1 - alpha) * truth;
    };
    out.targets_i2t = target(slow.image, all_texts);
    out.targets_t2i = target(slow.text, all_images);
  }
  out.sim_i2t = images.matmul(all_texts) / temperature;
  out.sim_t2i = texts.matmul(all_images) / temperature;
  out.loss_i2t = soft_cross_entropy(out.sim_i2t, out.targets_i2t);
  out.loss_t2i = soft_cross_entropy(out.sim_t2i, out.targets_t2i);
  out.loss = (out.loss_i2t + out.loss_t2i) / 2;
  return out;
}

void push_to_queue(Tensor& queue, const Tensor& rows, int64_t pointer) {
  torch::NoGradGuard no_grad;
  const Tensor columns =
      (torch::arange(rows.size(0), torch::TensorOptions(torch::kLong).device(queue.device())) + pointer)
          .remainder(queue.size(1));
  queue.index_copy_(1, columns, rows.detach().t().to(queue.scalar_type()));
}

std::vector<int64_t> draw_hard_negatives(const Tensor& similarities, const std::vector<int64_t>& ids, uint64_t seed,
                                         double at_random) {
  const Tensor host = similarities.detach().to(torch::kCPU, torch::kDouble).softmax(1).contiguous();
  const int64_t n = host.size(0);
  const double* weights = host.const_data_ptr<double>();
  std::vector<int64_t> drawn;
  for (int64_t i = 0; i < n; ++i) {
    std::vector<double> allowed(static_cast<size_t>(n));
    double total = 0;
    const bool uniform = CounterRng(seed, static_cast<uint64_t>(n + i)).uniform() < at_random;
    for (int64_t j = 0; j < n; ++j) {
      const bool same = i == j || (!ids.empty() && ids[static_cast<size_t>(i)] == ids[static_cast<size_t>(j)]);
      allowed[static_cast<size_t>(j)] = same ? 0 : uniform ? 1 : weights[i * n + j];
      total += allowed[static_cast<size_t>(j)];
    }
    CounterRng rng(seed, static_cast<uint64_t>(i));
    int64_t choice = static_cast<int64_t>((static_cast<uint64_t>(i) + 1 + rng.below(static_cast<uint64_t>(n - 1))) %
                                          static_cast<uint64_t>(n));
    double at = rng.uniform() * total;
    for (int64_t j = 0; j < n && total > 0; ++j) {
      if (allowed[static_cast<size_t>(j)] <= 0) continue;
      choice = j;
      at -= allowed[static_cast<size_t>(j)];
      if (at < 0) break;
    }
    drawn.push_back(choice);
  }
  return drawn;
}

Tensor match_loss(const Tensor& logits, const std::vector<int64_t>& labels, bool balanced) {
  const Tensor truth = torch::tensor(labels, torch::kLong).to(logits.device());
  if (!balanced) return torch::cross_entropy_loss(logits, truth);
  const Tensor numbers = torch::bincount(truth, {}, 2).clamp_min(1);
  return torch::cross_entropy_loss(logits, truth, numbers.reciprocal().to(logits.scalar_type()));
}

Tensor token_loss(const Tensor& scores, const std::vector<int64_t>& ids, double smoothing) {
  const Tensor targets = torch::tensor(ids, torch::kLong).to(scores.device());
  return torch::cross_entropy_loss(scores, targets, {}, at::Reduction::Mean, -100, smoothing);
}

Tensor language_loss(const Tensor& logits, const std::vector<int64_t>& labels, double smoothing) {
  const int64_t length = logits.size(1);
  return token_loss(logits.narrow(1, 0, length - 1).flatten(0, 1), next_ids(labels, length), smoothing);
}

Tensor weighted_language_loss(const Tensor& logits, const std::vector<int64_t>& labels,
                              const std::vector<double>& weights, double smoothing) {
  const int64_t batch = logits.size(0), length = logits.size(1);
  const Tensor targets = torch::tensor(next_ids(labels, length), torch::kLong).to(logits.device());
  const Tensor losses = torch::cross_entropy_loss(logits.narrow(1, 0, length - 1).flatten(0, 1), targets, {},
                                                  at::Reduction::None, -100, smoothing);
  return (losses.view({batch, length - 1}).sum(1) * torch::tensor(weights, torch::kDouble).to(losses.options())).sum();
}

}  // namespace sensorium
