#include "sensorium/models/reference_losses.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sensorium {
namespace {

/// log of the sum of exponentials of n values `stride` apart.
double log_sum_exp(const float* values, int64_t n, int64_t stride) {
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t i = 0; i < n; ++i) most = std::max(most, static_cast<double>(values[i * stride]));
  for (int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(values[i * stride]) - most);
  return most + std::log(sum);
}

}  // namespace

double info_nce_of_logits(std::span<const float> logits, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double rows = log_sum_exp(logits.data() + i * n, n, 1), columns = log_sum_exp(logits.data() + i, n, n);
    total += rows + columns - 2.0 * static_cast<double>(logits[static_cast<size_t>(i * n + i)]);
  }
  return total / (2.0 * static_cast<double>(n));
}

double sigmoid_loss_of_logits(std::span<const float> logits, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const double z = (i == j ? 1.0 : -1.0) * static_cast<double>(logits[static_cast<size_t>(i * n + j)]);
      total += z > 0 ? std::log1p(std::exp(-z)) : std::log1p(std::exp(z)) - z;
    }
  return total / static_cast<double>(n);
}

double cross_entropy_of(std::span<const float> row, int64_t target, double smoothing) {
  const auto n = static_cast<int64_t>(row.size());
  const double total = log_sum_exp(row.data(), n, 1);
  double sum = 0;
  if (smoothing > 0)
    for (const float v : row) sum += static_cast<double>(v) - total;
  const double own = static_cast<double>(row[static_cast<size_t>(target)]) - total;
  return -(1 - smoothing) * own - smoothing * sum / static_cast<double>(n);
}

namespace {

/// rows [B, D] against [columns of the batch (rows of `batch`), columns of the queue]: [B, B + Q] over temperature.
std::vector<double> similarities(const MomentumContrastInput& in, const std::vector<double>& rows,
                                 const std::vector<double>& batch, const std::vector<double>& queue) {
  const int64_t columns = in.rows + in.queue;
  std::vector<double> out(static_cast<size_t>(in.rows * columns));
  for (int64_t i = 0; i < in.rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < in.width; ++k)
        sum += rows[static_cast<size_t>(i * in.width + k)] *
               (j < in.rows ? batch[static_cast<size_t>(j * in.width + k)]
                            : queue[static_cast<size_t>(k * in.queue + j - in.rows)]);
      out[static_cast<size_t>(i * columns + j)] = sum / in.temperature;
    }
  return out;
}

/// log softmax of each row.
std::vector<double> log_softmax(std::vector<double> values, int64_t columns) {
  for (size_t first = 0; first < values.size(); first += static_cast<size_t>(columns)) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first), end = begin + columns;
    const double most = *std::max_element(begin, end);
    double sum = 0;
    for (auto v = begin; v != end; ++v) sum += std::exp(*v - most);
    for (auto v = begin; v != end; ++v) *v -= most + std::log(sum);
  }
  return values;
}

/// alpha softmax(similarities) + (1 - alpha) Y.
std::vector<double> soft_targets(const MomentumContrastInput& in, const std::vector<double>& similarities) {
  const int64_t columns = in.rows + in.queue;
  std::vector<double> out = log_softmax(similarities, columns);
  for (int64_t i = 0; i < in.rows; ++i) {
    double* row = out.data() + i * columns;
    std::vector<double> own(static_cast<size_t>(columns), 0.0);
    double count = 0;
    for (int64_t j = 0; j < columns; ++j) {
      const bool same = in.ids.empty() ? j == i
                                       : in.ids[static_cast<size_t>(i)] ==
                                             (j < in.rows ? in.ids[static_cast<size_t>(j)]
                                                          : in.ids_queue[static_cast<size_t>(j - in.rows)]);
      own[static_cast<size_t>(j)] = same ? 1 : 0;
      count += own[static_cast<size_t>(j)];
    }
    for (int64_t j = 0; j < columns; ++j)
      row[j] = in.alpha * std::exp(row[j]) + (1 - in.alpha) * own[static_cast<size_t>(j)] / count;
  }
  return out;
}

double soft_cross_entropy(const std::vector<double>& similarities, const std::vector<double>& targets, int64_t rows) {
  const std::vector<double> logs = log_softmax(similarities, static_cast<int64_t>(similarities.size()) / rows);
  double sum = 0;
  for (size_t i = 0; i < logs.size(); ++i) sum -= logs[i] * targets[i];
  return sum / static_cast<double>(rows);
}

}  // namespace

MomentumContrast momentum_contrast_of(const MomentumContrastInput& in) {
  MomentumContrast out;
  out.sim_i2t = similarities(in, in.image, in.text_momentum, in.text_queue);
  out.sim_t2i = similarities(in, in.text, in.image_momentum, in.image_queue);
  out.targets_i2t = soft_targets(in, similarities(in, in.image_momentum, in.text_momentum, in.text_queue));
  out.targets_t2i = soft_targets(in, similarities(in, in.text_momentum, in.image_momentum, in.image_queue));
  out.loss_i2t = soft_cross_entropy(out.sim_i2t, out.targets_i2t, in.rows);
  out.loss_t2i = soft_cross_entropy(out.sim_t2i, out.targets_t2i, in.rows);
  return out;
}

std::vector<double> queue_after(std::vector<double> queue, const std::vector<double>& features, int64_t rows,
                                int64_t pointer) {
  const int64_t width = static_cast<int64_t>(features.size()) / rows;
  const int64_t columns = static_cast<int64_t>(queue.size()) / width;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < width; ++k)
      queue[static_cast<size_t>(k * columns + (pointer + i) % columns)] = features[static_cast<size_t>(i * width + k)];
  return queue;
}

}  // namespace sensorium
