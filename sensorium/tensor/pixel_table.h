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

  /// Planes [first, last), of `plane` bytes each, of pictures [B, 3, H, W] that begin at `bytes`, to the same places in
  /// `to`.
  void look_up_planes(const uint8_t* bytes, size_t first, size_t last, size_t plane, float* to) const {
    for (size_t i = first; i < last; ++i) look_up(i % values.size(), bytes + i * plane, plane, to + i * plane);
  }
};

}  // namespace sensorium
