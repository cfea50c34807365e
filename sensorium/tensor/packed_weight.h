#pragma once
// A packed weight as a file holds it.

#include "sensorium/tensor/precision.h"

#include <cstdint>
#include <memory>
#include <string>

namespace sensorium {

/// A matrix [out, in] in panels of 64 rows: element [panel][word][row][i] is weight[64 panel + row][per_word word + i],
/// where a word is one float32, two bfloat16 or four int8 values, and what is beyond the matrix is 0. int8: weight =
/// scales[row] * byte, and sums[row] is the scaled sum of a row's bytes. The pointers live as long as `owner`.
struct PackedWeight {
  Precision precision = Precision::fp32;
  int64_t out = 0, in = 0;
  const void* panels = nullptr;
  const float *scales = nullptr, *sums = nullptr;
  std::shared_ptr<const void> owner;
  std::string source;  // names the file and the layer in errors
};

}  // namespace sensorium
