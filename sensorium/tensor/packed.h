#pragma once
// Inside the room: what `prepare` makes of a weight.

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/tensor.h"

#include <vector>

namespace sensorium::rt {

/// A matrix [out, in] as panels of words (the note in kernels.h). Columns beyond `out` and values beyond `in` are zero.
struct Packed {
  Precision precision = Precision::fp32;
  int64_t out = 0, in = 0;
  const Word* panels = nullptr;
  /// int8 only, [out]: weight = scale * byte, and the sum of a column's scaled bytes.
  const float *scales = nullptr, *sums = nullptr;
  /// What the three point into.
  std::shared_ptr<const void> storage;
  /// A convolution's, with its normalisation folded in.
  Tensor bias = {};

  int64_t words() const { return words_of(in, precision); }
  int64_t panel_count() const { return (out + kPanel - 1) / kPanel; }
};

/// Packs weight [out, in], rounding it to the precision; int8 with a scale for each row: largest |value| / 127,
/// and so that a row's sum is kept to half a step, by which single values are off by less than one.
std::shared_ptr<Packed> pack(const float* weight, int64_t out, int64_t in, Precision precision);

/// Rows [first, first + rows) of the matrix, as float32; of fp32 exactly what was packed.
std::vector<float> unpack(const Packed& packed, int64_t first, int64_t rows);

}  // namespace sensorium::rt
