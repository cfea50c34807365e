// Conversions between safetensors element types and float32.

#include "sensorium/base/error.h"
#include "sensorium/io/safetensors.h"

#include <bit>
#include <cstring>

namespace sensorium {
namespace {

float half_to_float(uint16_t h) {
  const uint32_t sign = uint32_t{h & 0x8000u} << 16;
  const uint32_t exponent = h >> 10 & 0x1f, mantissa = h & 0x3ff;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  const float value = static_cast<float>(mantissa) * 0x1p-24f;  // zero or subnormal: exact
  return sign ? -value : value;
}

uint16_t float_to_half(float f) {
  const uint32_t bits = std::bit_cast<uint32_t>(f);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;   // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00;  // rounds to infinity
  if (magnitude < 0x38800000) {                       // subnormal half: let the FPU round at the right place
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000));
  }
  const uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

uint16_t float_to_bfloat16(float f) {
  const uint32_t bits = std::bit_cast<uint32_t>(f);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);  // NaN stays NaN
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// out[i] = convert(in[i]) for elements of type In and Out that may be unaligned.
template <class In, class Out, class Convert>
void map_elements(const void* in, size_t n, void* out, Convert convert) {
  const char* from = static_cast<const char*>(in);
  char* to = static_cast<char*>(out);
  for (size_t i = 0; i < n; ++i) {
    In value;
    std::memcpy(&value, from + i * sizeof(In), sizeof(In));
    const Out result = convert(value);
    std::memcpy(to + i * sizeof(Out), &result, sizeof(Out));
  }
}

template <class In>
void cast_elements(const TensorView& t, float* out) {
  map_elements<In, float>(t.data.data(), t.numel(), out, [](In v) { return static_cast<float>(v); });
}

}  // namespace

void to_float32(const TensorView& t, float* out) {
  switch (t.dtype) {
    case SafeDType::F32:
      if (!t.data.empty()) std::memcpy(out, t.data.data(), t.data.size());
      return;
    case SafeDType::F16:
      return map_elements<uint16_t, float>(t.data.data(), t.numel(), out, half_to_float);
    case SafeDType::BF16:
      return map_elements<uint16_t, float>(t.data.data(), t.numel(), out,
                                           [](uint16_t v) { return std::bit_cast<float>(uint32_t{v} << 16); });
    case SafeDType::F64:
      return cast_elements<double>(t, out);
    case SafeDType::I64:
      return cast_elements<int64_t>(t, out);
    case SafeDType::U64:
      return cast_elements<uint64_t>(t, out);
    case SafeDType::I32:
      return cast_elements<int32_t>(t, out);
    case SafeDType::U32:
      return cast_elements<uint32_t>(t, out);
    case SafeDType::I16:
      return cast_elements<int16_t>(t, out);
    case SafeDType::U16:
      return cast_elements<uint16_t>(t, out);
    case SafeDType::I8:
      return cast_elements<int8_t>(t, out);
    case SafeDType::U8:
      return cast_elements<uint8_t>(t, out);
    case SafeDType::BOOL:
      return map_elements<uint8_t, float>(t.data.data(), t.numel(), out, [](uint8_t v) { return v ? 1.0f : 0.0f; });
    default:
      throw InputError("safetensors", "expected a tensor that converts to F32, got {}", dtype_name(t.dtype));
  }
}

std::vector<float> to_float32(const TensorView& t) {
  std::vector<float> out(t.numel());
  to_float32(t, out.data());
  return out;
}

void from_float32(const float* in, size_t n, SafeDType dtype, std::byte* out) {
  if (dtype == SafeDType::F32)
    std::memcpy(out, in, n * sizeof(float));
  else if (dtype == SafeDType::F16)
    map_elements<float, uint16_t>(in, n, out, float_to_half);
  else if (dtype == SafeDType::BF16)
    map_elements<float, uint16_t>(in, n, out, float_to_bfloat16);
  else
    throw UsageError("safetensors", "expected F32, F16 or BF16 to convert to, got {}", dtype_name(dtype));
}

}  // namespace sensorium
