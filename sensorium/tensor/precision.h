#pragma once
// What a model multiplies.

#include <cstdint>
#include <string_view>

namespace sensorium {

/// Of both sides of a matrix product. The sums are float32, of int8 int32.
enum class Precision : uint8_t { fp32, bf16, int8 };

/// "fp32", "bf16" or "int8".
constexpr const char* precision_name(Precision p) {
  return p == Precision::fp32 ? "fp32" : p == Precision::bf16 ? "bf16" : "int8";
}

/// From such a name; anything else is fp32.
constexpr Precision precision_of(std::string_view name) {
  return name == "int8" ? Precision::int8 : name == "bf16" ? Precision::bf16 : Precision::fp32;
}

/// Values in a word of 32 bits, the unit that operands are packed in.
constexpr int64_t per_word(Precision p) {
  return p == Precision::fp32 ? 1 : p == Precision::bf16 ? 2 : 4;
}

}  // namespace sensorium
