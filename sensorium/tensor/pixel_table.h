#pragma once
// What the bytes of a picture stand for.

#include <array>
#include <cstddef>
#include <cstdint>

namespace sensorium {

/// The value that a model takes for each byte of each of the three channels: a picture's rescaling and normalisation.
struct PixelTable {
  std::array<std::array<float, 256>, 3> values;

  /// `count` bytes of one channel as values.
  void look_up(size_t channel, const uint8_t* from, size_t count, float* to) const {
    const float* of = values[channel].data();
    for (size_t i = 0; i < count; ++i) to[i] = of[from[i]];
  }
};

}  // namespace sensorium
