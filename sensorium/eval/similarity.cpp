#include "sensorium/eval/similarity.h"

namespace sensorium {

float dot(std::span<const float> a, std::span<const float> b) {
  constexpr size_t kLanes = 16;
  float lanes[kLanes] = {};
  const size_t n = a.size(), whole = n - n % kLanes;
  for (size_t i = 0; i < whole; i += kLanes)
    for (size_t l = 0; l < kLanes; ++l) lanes[l] += a[i + l] * b[i + l];
  for (size_t i = whole; i < n; ++i) lanes[i - whole] += a[i] * b[i];
  for (size_t half = kLanes / 2; half > 0; half /= 2)
    for (size_t l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  return lanes[0];
}

void dot_all(std::span<const float> query, const EmbeddingRows& gallery, std::span<double> out) {
  const int64_t n = gallery.count();
  for (int64_t i = 0; i < n; ++i) out[static_cast<size_t>(i)] = dot(query, gallery.row(i));
}

}  // namespace sensorium
