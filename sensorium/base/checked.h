#pragma once
// Arithmetic on sizes that come from files: overflow is an input error, never a wrap.

#include "sensorium/base/error.h"

#include <cstdint>
#include <span>

namespace sensorium {

/// a * b for sizes read from outside. Throws InputError naming `operation` on overflow.
inline uint64_t checked_mul(uint64_t a, uint64_t b, std::string_view operation) {
  uint64_t r = 0;
  if (__builtin_mul_overflow(a, b, &r)) throw InputError(operation, "expected a size below 2^64, got {} * {}", a, b);
  return r;
}

/// a + b for sizes read from outside. Throws InputError naming `operation` on overflow.
inline uint64_t checked_add(uint64_t a, uint64_t b, std::string_view operation) {
  uint64_t r = 0;
  if (__builtin_add_overflow(a, b, &r)) throw InputError(operation, "expected a size below 2^64, got {} + {}", a, b);
  return r;
}

/// Product of all dimensions (1 for an empty shape). Throws InputError on a negative dimension or on overflow.
inline uint64_t checked_numel(std::span<const int64_t> shape, std::string_view operation) {
  uint64_t n = 1;
  for (int64_t d : shape) {
    if (d < 0) throw InputError(operation, "expected dimensions of at least 0, got {}", d);
    n = checked_mul(n, static_cast<uint64_t>(d), operation);
  }
  return n;
}

}  // namespace sensorium
