#pragma once
// Inside the room: pictures as convolutions read them in place.

#include "sensorium/tensor/tensor.h"

namespace sensorium::rt {

struct Geometry {
  int64_t batch, in, height, width, out, kernel, stride, padding;
  int64_t extent(int64_t n) const { return (n + 2 * padding - kernel) / stride + 1; }
};

/// Pictures channels-last with their padding around them, float32 or bfloat16, a line each `pitch` values (an even
/// number of bfloat16).
struct Padded {
  Tensor memory;
  bool half = false;
  int64_t pitch = 0, lines = 0;

  Padded(const Tensor& x, const Geometry& g, bool halves);

 private:
  void copy(const Tensor& x, const Geometry& g, DType dtype);
};

}  // namespace sensorium::rt
