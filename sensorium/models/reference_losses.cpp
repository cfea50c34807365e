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

}  // namespace sensorium
