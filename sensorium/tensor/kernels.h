#pragma once
// Inside the room: the own kernels, single-threaded, built for three instruction sets and chosen once by the processor.

#include <cstdint>

namespace sensorium::rt {

enum class KernelAct : int { none, relu, gelu, quick_gelu, gelu_tanh, tanh };

/// Columns of packed operands are padded to a multiple of this (one 512-bit vector).
constexpr int64_t kPad = 16;

struct Kernels {
  const char* name;
  /// c[i][j] = sum over k of a[i][k] b[k][j]; n is a multiple of kPad. Each sum runs over k in order, whatever m and n.
  void (*gemm)(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
               int64_t ldc);
  /// x = softmax(scale x) over n values. At least one must be above -inf.
  void (*softmax)(float* x, int64_t n, float scale);
  /// out = act(x); may be in place.
  void (*activate)(const float* x, float* out, int64_t n, KernelAct act);
  /// out = layer norm of x (+ residual, where not null), one row of n; sums in double precision. bias may be null.
  void (*layer_norm)(const float* x, const float* residual, const float* weight, const float* bias, float epsilon,
                     float* out, int64_t n);
  /// out = a + b.
  void (*add)(const float* a, const float* b, float* out, int64_t n);
  /// sum of x^2, in double precision.
  double (*sum_of_squares)(const float* x, int64_t n);
  /// out = exp(x), x <= 0; for tests.
  void (*exp)(const float* x, float* out, int64_t n);
};

/// The best of the three for this processor.
const Kernels& kernels();

extern const Kernels kKernelsGeneric, kKernelsAvx2, kKernelsAvx512;

}  // namespace sensorium::rt
