#pragma once
// Inside the io room: the inner loops of resizing, compiled for several instruction sets. All give the same bytes.

#include <cstddef>
#include <cstdint>

namespace sensorium::resize_detail {

constexpr int kBits = 32 - 8 - 2;  // of a weight, after the point
constexpr int kLanes = 32;         // sums kept in registers; rows of a group

struct Kernels {
  const char* name;
  /// out[i] = sum over taps t of in[t * step + i] * weights[t], rounded and clipped, for i < lanes <= kLanes.
  void (*weigh)(const uint8_t* in, size_t step, const int32_t* weights, int taps, uint8_t* out, int lanes);
  /// The same for floats, summed in double in the order of the taps.
  void (*weigh_float)(const float* in, size_t step, const double* weights, int taps, float* out, int lanes);
  /// out[column * kLanes + row] = in[row * stride + column] for kLanes rows, of which the last ones repeat row
  /// `rows` - 1.
  void (*gather)(const uint8_t* in, size_t stride, size_t columns, int rows, uint8_t* out);
  /// out[row * stride + column] = in[column * kLanes + row] for the first `rows` rows.
  void (*scatter)(const uint8_t* in, size_t columns, int rows, uint8_t* out, size_t stride);
};

extern const Kernels kKernelsGeneric, kKernelsAvx2, kKernelsAvx512;

/// The best one for this processor. Thread-safe.
const Kernels& kernels();

}  // namespace sensorium::resize_detail
