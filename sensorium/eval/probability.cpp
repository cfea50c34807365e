#include "sensorium/eval/probability.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sensorium {

std::vector<double> softmax(std::span<const double> logits) {
  std::vector<double> p(logits.begin(), logits.end());
  if (p.empty()) return p;
  const double largest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - largest);
  for (double& x : p) x /= sum;
  return p;
}

std::vector<double> sigmoid(std::span<const double> logits) {
  std::vector<double> p;
  p.reserve(logits.size());
  for (const double x : logits) p.push_back(1 / (1 + std::exp(-x)));
  return p;
}

std::vector<size_t> top_k(std::span<const double> values, size_t k) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  k = std::min(k, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                    [&](size_t a, size_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
  order.resize(k);
  return order;
}

}  // namespace sensorium
