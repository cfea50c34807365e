#pragma once
// Position embeddings of a vision transformer for pictures of another size.

#include <cstdint>
#include <vector>

namespace sensorium {

/// A table [1 + side * side, width] (a class token, then the patches row by row) for `rows` x `columns` patches:
/// bicubic interpolation (a = -0.75, pixel centres aligned, edges repeated), as torch's `interpolate(mode="bicubic",
/// align_corners=False)`. Gives [1 + rows * columns, width]. Thread-safe.
std::vector<float> interpolate_positions(const std::vector<float>& table, int64_t side, int64_t width, int64_t rows,
                                         int64_t columns);

}  // namespace sensorium
