#pragma once
// Inside the room: scalar products of vectors, built for three instruction sets and chosen once by the processor.
//
// Note: equal scores. A float32 product is, in every function below, one chain of fused multiply-adds a lane, in order,
// and then the sum of the lanes in order. So a row has the same score whether it is compared alone, in a scan, or in a
// batch.

#include <cstddef>
#include <cstdint>

namespace sensorium::index {

/// Widths of rows are padded with zeros to a multiple of this, in floats or in int8 values.
constexpr size_t kPad = 64;

struct DistanceKernels {
  /// a . b, `width` a multiple of kPad.
  float (*dot)(const float* a, const float* b, size_t width);
  /// out[i] = query . rows[i], i < 4.
  void (*dot_four)(const float* query, const float* const* rows, size_t width, float* out);
  /// out[q * stride + r] = query q . row r, for 4 queries; queries and rows are `width` apart.
  void (*dot_block)(const float* queries, const float* rows, size_t n_rows, size_t width, float* out, size_t stride);
  /// a . b of int8 values.
  int32_t (*dot_int8)(const int8_t* a, const int8_t* b, size_t width);
};

/// The best of the three for this processor. Their float32 results may differ in the last bits.
const DistanceKernels& distance_kernels();

extern const DistanceKernels kDistanceGeneric, kDistanceAvx2, kDistanceAvx512;

}  // namespace sensorium::index
