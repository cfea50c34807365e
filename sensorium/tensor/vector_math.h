// What the own kernels are written in: vectors of SENSORIUM_VECTOR_WIDTH floats in GCC's vector extension, exp and the
// activations. Included once by each source of an instruction set, compiled with that set's flags. Includes nothing
// with inline functions: those, compiled for a new processor here, could be the copy the linker keeps for everyone.

#include "sensorium/tensor/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define INLINE_LAMBDA __attribute__((always_inline))
// Elements of two vectors by index.
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, I{__VA_ARGS__})
#endif

namespace sensorium::rt {
namespace {

constexpr int kW = SENSORIUM_VECTOR_WIDTH;
typedef float V __attribute__((vector_size(kW * 4)));
typedef int32_t I __attribute__((vector_size(kW * 4)));
typedef double D __attribute__((vector_size(kW * 8)));
typedef V VAnywhere __attribute__((aligned(4), may_alias));

INLINE V load(const float* p) {
  return *reinterpret_cast<const VAnywhere*>(p);
}
INLINE void store(float* p, V v) {
  *reinterpret_cast<VAnywhere*>(p) = v;
}
INLINE V all(float x) {
  return V{} + x;
}
INLINE V max(V a, V b) {
  return a > b ? a : b;
}
INLINE V abs(V a) {
  return a < 0 ? -a : a;
}

/// The first n < kW values, the others `fill`.
INLINE V load_some(const float* p, int64_t n, float fill) {
#if SENSORIUM_VECTOR_WIDTH == 16
  const auto some = static_cast<__mmask16>((1u << n) - 1);
  return reinterpret_cast<V>(_mm512_mask_loadu_ps(reinterpret_cast<__m512>(all(fill)), some, p));
#else
  V v = all(fill);
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}
INLINE void store_some(float* p, V v, int64_t n) {
#if SENSORIUM_VECTOR_WIDTH == 16
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), reinterpret_cast<__m512>(v));
#else
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}

/// e^x for -87.3 <= x <= 87.3. Reduction by multiples of ln 2 in two parts and a polynomial of degree 7 on
/// [-ln 2 / 2, ln 2 / 2] (coefficients as in Moshier, Cephes, expf).
INLINE V exp_within(V x) {
  const V shifter = all(12582912.f);  // 1.5 * 2^23: adding it rounds to an integer, in the low bits
  const V shifted = x * 1.44269504088896341f + shifter;
  const V n = shifted - shifter;
  const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  V p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  return reinterpret_cast<V>(reinterpret_cast<I>(p) + (reinterpret_cast<I>(shifted) << 23));  // p 2^n
}

/// x, or the bound it lies beyond; NaN stays.
INLINE V at_least(V x, float low) {
  return all(low) > x ? all(low) : x;
}
INLINE V at_most(V x, float high) {
  return all(high) < x ? all(high) : x;
}

/// e^x for x <= 0 (0 below -87.3).
INLINE V exp_negative(V x) {
  const V e = exp_within(at_least(x, -87.3f));
  return x < -87.3f ? all(0) : e;
}

/// x / (1 + e^-z): x times the logistic function of z.
INLINE V times_sigmoid(V x, V z) {
  return x / (1.f + exp_within(at_most(at_least(-z, -87.3f), 87.3f)));
}

/// erfc(z) for z >= 0, relative error 1.2e-7 before rounding (Press et al., "Numerical Recipes in C", 6.2, Chebyshev).
INLINE V erfc_positive(V z) {
  const V t = 1.f / (1.f + 0.5f * z);
  V p = all(0.17087277f);
  p = p * t - 0.82215223f;
  p = p * t + 1.48851587f;
  p = p * t - 1.13520398f;
  p = p * t + 0.27886807f;
  p = p * t - 0.18628806f;
  p = p * t + 0.09678418f;
  p = p * t + 0.37409196f;
  p = p * t + 1.00002368f;
  p = p * t - 1.26551223f;
  return t * exp_negative(p - z * z);
}

INLINE V gelu(V x) {
  const V tail = 0.5f * erfc_positive(abs(x) * 0.70710678118654752f);
  return x * (x > 0 ? 1.f - tail : tail);
}

/// Near 0 the odd polynomial of Moshier, Cephes, tanhf.
INLINE V tanh(V x) {
  const V z = x * x;
  V p = all(-5.70498872745e-3f);
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const V small = p * z * x + x;
  const V e = exp_negative(-2.f * abs(x));
  const V large = (1.f - e) / (1.f + e);
  return abs(x) < 0.625f ? small : (x < 0 ? -large : large);
}

template <KernelAct kAct>
INLINE V act_of(V x) {
  if constexpr (kAct == KernelAct::relu) return x < 0 ? all(0) : x;
  if constexpr (kAct == KernelAct::gelu) return gelu(x);
  if constexpr (kAct == KernelAct::quick_gelu) return times_sigmoid(x, 1.702f * x);
  if constexpr (kAct == KernelAct::gelu_tanh)
    return times_sigmoid(x, 1.5957691216057308f * (x + 0.044715f * x * x * x));
  if constexpr (kAct == KernelAct::tanh) return tanh(x);
  return x;
}

}  // namespace
}  // namespace sensorium::rt
