#pragma once
// What a model multiplies.

#include <cstdint>

namespace sensorium {

/// Of both sides of a matrix product. The sums are float32, of int8 int32.
enum class Precision : uint8_t { fp32, bf16, int8 };

/// "fp32", "bf16" or "int8".
constexpr const char* precision_name(Precision p) {
  return p == Precision::fp32 ? "fp32" : p == Precision::bf16 ? "bf16" : "int8";
}

}  // namespace sensorium
