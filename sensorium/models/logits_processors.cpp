#include "sensorium/models/logits_processors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

namespace sensorium {
namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

/// Token ids, the worst first; of equal scores the larger id first.
std::vector<int64_t> ascending(std::span<const float> scores) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const float x = scores[static_cast<size_t>(a)], y = scores[static_cast<size_t>(b)];
    return x != y ? x < y : a > b;
  });
  return order;
}

/// The largest score and the logarithm of the sum of exponentials relative to it.
std::pair<float, double> normaliser(std::span<const float> scores) {
  const float most = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (const float s : scores) sum += static_cast<double>(std::exp(s - most));
  return {most, std::log(sum)};
}

}  // namespace

void penalise_repetition(std::span<float> scores, std::span<const int64_t> ids, double penalty) {
  const auto factor = static_cast<float>(penalty);
  for (const int64_t id : std::set<int64_t>(ids.begin(), ids.end())) {
    float& s = scores[static_cast<size_t>(id)];
    s = s < 0 ? s * factor : s / factor;
  }
}

void forbid_repeated_ngrams(std::span<float> scores, std::span<const int64_t> ids, int64_t size) {
  const auto n = static_cast<size_t>(size);
  if (size < 1 || ids.size() + 1 < n) return;
  const std::span<const int64_t> last = ids.last(n - 1);
  for (size_t i = 0; i + n <= ids.size(); ++i)
    if (std::equal(last.begin(), last.end(), ids.begin() + static_cast<std::ptrdiff_t>(i)))
      scores[static_cast<size_t>(ids[i + n - 1])] = kForbidden;
}

void apply_temperature(std::span<float> scores, double temperature) {
  const auto t = static_cast<float>(temperature);
  for (float& s : scores) s /= t;
}

void keep_top_k(std::span<float> scores, int64_t k, int64_t keep) {
  const size_t kept = std::min(static_cast<size_t>(std::max({k, keep, int64_t{1}})), scores.size());
  std::vector<float> sorted(scores.begin(), scores.end());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(kept - 1), sorted.end(),
                   std::greater<>());
  const float least = sorted[kept - 1];
  for (float& s : scores)
    if (s < least) s = kForbidden;
}

void keep_top_p(std::span<float> scores, double p, int64_t keep) {
  std::vector<float> probabilities(scores.begin(), scores.end());
  softmax_row(probabilities);
  const std::vector<int64_t> order = ascending(scores);
  const auto tail = static_cast<float>(1 - p);
  double sum = 0;
  for (size_t i = 0; i + static_cast<size_t>(keep) < order.size(); ++i) {
    sum += static_cast<double>(probabilities[static_cast<size_t>(order[i])]);
    if (static_cast<float>(sum) > tail) return;
    scores[static_cast<size_t>(order[i])] = kForbidden;
  }
}

void keep_min_p(std::span<float> scores, double p, int64_t keep) {
  std::vector<float> probabilities(scores.begin(), scores.end());
  softmax_row(probabilities);
  const float least = static_cast<float>(p) * *std::max_element(probabilities.begin(), probabilities.end());
  const std::vector<int64_t> order = ascending(scores);
  for (size_t i = 0; i + static_cast<size_t>(keep) < order.size(); ++i) {
    const auto id = static_cast<size_t>(order[i]);
    if (probabilities[id] < least) scores[id] = kForbidden;
  }
}

void softmax_row(std::span<float> scores) {
  log_softmax_row(scores);
  for (float& s : scores) s = std::exp(s);
}

void log_softmax_row(std::span<float> scores) {
  const auto [most, log_sum] = normaliser(scores);
  const auto shift = static_cast<float>(log_sum);
  for (float& s : scores) s = s - most - shift;
}

}  // namespace sensorium
