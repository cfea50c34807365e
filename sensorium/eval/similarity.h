#pragma once
// Dot products of many vectors, with equal results for equal vectors.

#include <cstdint>
#include <span>

namespace sensorium {

/// N vectors of width D, row-major, held by someone else.
struct EmbeddingRows {
  std::span<const float> values;
  int64_t width = 0;
  int64_t count() const { return width == 0 ? 0 : static_cast<int64_t>(values.size()) / width; }
  std::span<const float> row(int64_t i) const {
    return values.subspan(static_cast<size_t>(i * width), static_cast<size_t>(width));
  }
};

/// Dot product in float32. The order of the sum depends on the width alone, so the same two vectors give the same value
/// wherever they stand: ties stay ties.
float dot(std::span<const float> a, std::span<const float> b);

/// Dot products of one query with every row of the gallery; `out` holds gallery.count() values.
void dot_all(std::span<const float> query, const EmbeddingRows& gallery, std::span<double> out);

}  // namespace sensorium
