#include "sensorium/models/blip/positions.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sensorium {
namespace {

/// Four neighbours along one side and their weights.
struct Taps {
  std::array<int64_t, 4> index;
  std::array<float, 4> weight;
};

/// Keys' kernel (1981) with a = -0.75, at distance x.
float near_weight(float x) {
  return (1.25f * x - 2.25f) * x * x + 1;
}
float far_weight(float x) {
  return ((-0.75f * x + 3.75f) * x - 6.0f) * x + 3.0f;
}

std::vector<Taps> taps(int64_t from, int64_t to) {
  std::vector<Taps> all(static_cast<size_t>(to));
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  for (int64_t i = 0; i < to; ++i) {
    const float at = (static_cast<float>(i) + 0.5f) * scale - 0.5f, whole = std::floor(at), t = at - whole;
    Taps& taps = all[static_cast<size_t>(i)];
    taps.weight = {far_weight(t + 1), near_weight(t), near_weight(1 - t), far_weight(2 - t)};
    for (int64_t k = 0; k < 4; ++k)
      taps.index[static_cast<size_t>(k)] = std::clamp<int64_t>(static_cast<int64_t>(whole) - 1 + k, 0, from - 1);
  }
  return all;
}

}  // namespace

std::vector<float> interpolate_positions(const std::vector<float>& table, int64_t side, int64_t width, int64_t rows,
                                         int64_t columns) {
  const std::vector<Taps> down = taps(side, rows), across = taps(side, columns);
  std::vector<float> out(static_cast<size_t>((1 + rows * columns) * width));
  std::copy_n(table.begin(), width, out.begin());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      float* to = out.data() + (1 + r * columns + c) * width;
      for (size_t i = 0; i < 4; ++i)
        for (size_t j = 0; j < 4; ++j) {
          const Taps &d = down[static_cast<size_t>(r)], &a = across[static_cast<size_t>(c)];
          const float weight = d.weight[i] * a.weight[j];
          const float* from = table.data() + (1 + d.index[i] * side + a.index[j]) * width;
          for (int64_t k = 0; k < width; ++k) to[k] += weight * from[k];
        }
    }
  return out;
}

}  // namespace sensorium
