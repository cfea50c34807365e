#pragma once
// Scores to probabilities.

#include <span>
#include <vector>

namespace sensorium {

/// exp(x) / sum(exp(x)), without overflow, in double. Empty in, empty out.
std::vector<double> softmax(std::span<const double> logits);

/// 1 / (1 + exp(-x)) of each.
std::vector<double> sigmoid(std::span<const double> logits);

/// Indices of the k largest values, largest first; of equal values the lower index first. Fewer when there are fewer.
std::vector<size_t> top_k(std::span<const double> values, size_t k);

}  // namespace sensorium
