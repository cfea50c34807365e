// The own kernels in GCC's vector extension, for vectors of SENSORIUM_VECTOR_WIDTH floats. Included by one source per
// instruction set, each compiled with its own flags. Includes nothing with inline functions: those, compiled for a new
// processor here, could be the copy the linker keeps for everyone.

#include "sensorium/tensor/kernels.h"

#define INLINE static inline __attribute__((always_inline))

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
  V v = all(fill);
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
}
INLINE void store_some(float* p, V v, int64_t n) {
  for (int64_t i = 0; i < n; ++i) p[i] = v[i];
}

/// e^x for x <= 0 (0 below -87.3). Reduction by multiples of ln 2 in two parts and a polynomial of degree 7 on
/// [-ln 2 / 2, ln 2 / 2] (coefficients as in Moshier, Cephes, expf).
INLINE V exp_negative(V x) {
  const V clamped = x < -87.3f ? all(-87.3f) : x;  // NaN stays
  const V shifter = all(12582912.f);               // 1.5 * 2^23: adding it rounds to an integer
  const V n = (clamped * 1.44269504088896341f + shifter) - shifter;
  const V r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  V p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const I power = (__builtin_convertvector(n, I) + 127) << 23;
  const V scaled = p * reinterpret_cast<V>(power);
  return x < -87.3f ? all(0) : scaled;
}

INLINE V sigmoid(V x) {
  const V e = exp_negative(-abs(x));
  return (x > 0 ? all(1) : e) / (1.f + e);
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
  if constexpr (kAct == KernelAct::quick_gelu) return x * sigmoid(1.702f * x);
  if constexpr (kAct == KernelAct::gelu_tanh) return x * sigmoid(1.5957691216057308f * (x + 0.044715f * x * x * x));
  if constexpr (kAct == KernelAct::tanh) return tanh(x);
  return x;
}

template <KernelAct kAct>
void activate_as(const float* x, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, act_of<kAct>(load(x + i)));
  if (i < n) store_some(out + i, act_of<kAct>(load_some(x + i, n - i, 0)), n - i);
}

void activate(const float* x, float* out, int64_t n, KernelAct act) {
  switch (act) {
    case KernelAct::none:
      return activate_as<KernelAct::none>(x, out, n);
    case KernelAct::relu:
      return activate_as<KernelAct::relu>(x, out, n);
    case KernelAct::gelu:
      return activate_as<KernelAct::gelu>(x, out, n);
    case KernelAct::quick_gelu:
      return activate_as<KernelAct::quick_gelu>(x, out, n);
    case KernelAct::gelu_tanh:
      return activate_as<KernelAct::gelu_tanh>(x, out, n);
    case KernelAct::tanh:
      return activate_as<KernelAct::tanh>(x, out, n);
  }
}

/// kRows x kVectors vectors of c in registers.
template <int kRows, int kVectors>
INLINE void tile(int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc) {
  V sum[kRows][kVectors] = {};
  for (int64_t p = 0; p < k; ++p) {
    V row[kVectors];
    for (int v = 0; v < kVectors; ++v) row[v] = load(b + p * ldb + v * kW);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const V x = all(a[r * lda + p]);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sum[r][v] += x * row[v];
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kVectors; ++v) store(c + r * ldc + v * kW, sum[r][v]);
}

template <int kRows>
void row_block(int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb, float* c, int64_t ldc) {
  constexpr int kWide = kW == 16 ? 4 : 2;
  int64_t j = 0;
  for (; j + kWide * kW <= n; j += kWide * kW) tile<kRows, kWide>(k, a, lda, b + j, ldb, c + j, ldc);
  for (; j < n; j += kW) tile<kRows, 1>(k, a, lda, b + j, ldb, c + j, ldc);
}

void gemm(int64_t m, int64_t n, int64_t k, const float* a, int64_t lda, const float* b, int64_t ldb, float* c,
          int64_t ldc) {
  int64_t i = 0;
  for (; i + 6 <= m; i += 6) row_block<6>(n, k, a + i * lda, lda, b, ldb, c + i * ldc, ldc);
  a += i * lda;
  c += i * ldc;
  switch (m - i) {
    case 1:
      return row_block<1>(n, k, a, lda, b, ldb, c, ldc);
    case 2:
      return row_block<2>(n, k, a, lda, b, ldb, c, ldc);
    case 3:
      return row_block<3>(n, k, a, lda, b, ldb, c, ldc);
    case 4:
      return row_block<4>(n, k, a, lda, b, ldb, c, ldc);
    case 5:
      return row_block<5>(n, k, a, lda, b, ldb, c, ldc);
    default:
      return;
  }
}

void softmax(float* x, int64_t n, float scale) {
  constexpr float kInfinity = __builtin_inff();
  V highest = all(-kInfinity);
  int64_t i = 0;
  for (; i + kW <= n; i += kW) highest = max(highest, load(x + i));
  if (i < n) highest = max(highest, load_some(x + i, n - i, -kInfinity));
  float top = highest[0];
  for (int l = 1; l < kW; ++l) top = highest[l] > top ? highest[l] : top;
  V sum{};
  for (i = 0; i + kW <= n; i += kW) {
    const V e = exp_negative((load(x + i) - top) * scale);
    store(x + i, e);
    sum += e;
  }
  if (i < n) {
    const V e = exp_negative((load_some(x + i, n - i, -kInfinity) - top) * scale);
    store_some(x + i, e, n - i);
    sum += e;
  }
  float total = 0;
  for (int l = 0; l < kW; ++l) total += sum[l];
  const float inverse = 1 / total;
  for (i = 0; i + kW <= n; i += kW) store(x + i, load(x + i) * inverse);
  for (; i < n; ++i) x[i] *= inverse;
}

INLINE double sum_of(D v) {
  double s = 0;
  for (int l = 0; l < kW; ++l) s += v[l];
  return s;
}

INLINE D widen(V v) {
  return __builtin_convertvector(v, D);
}

void layer_norm(const float* x, const float* residual, const float* weight, const float* bias, float epsilon,
                float* out, int64_t n) {
  const int64_t whole = n - n % kW;
  if (residual != nullptr) {
    for (int64_t i = 0; i < whole; i += kW) store(out + i, load(x + i) + load(residual + i));
    for (int64_t i = whole; i < n; ++i) out[i] = x[i] + residual[i];
    x = out;
  }
  D sums{};
  for (int64_t i = 0; i < whole; i += kW) sums += widen(load(x + i));
  double sum = sum_of(sums);
  for (int64_t i = whole; i < n; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(n);
  D squares{};
  for (int64_t i = 0; i < whole; i += kW) {
    const D d = widen(load(x + i)) - mean;
    squares += d * d;
  }
  double square = sum_of(squares);
  for (int64_t i = whole; i < n; ++i) square += (x[i] - mean) * (x[i] - mean);
  const double inverse = 1 / __builtin_sqrt(square / static_cast<double>(n) + static_cast<double>(epsilon));
  const float mean_high = static_cast<float>(mean),
              mean_low = static_cast<float>(mean - static_cast<double>(mean_high));
  const float scale = static_cast<float>(inverse);
  for (int64_t i = 0; i < whole; i += kW) {
    V y = ((load(x + i) - mean_high) - mean_low) * scale * load(weight + i);
    if (bias != nullptr) y += load(bias + i);
    store(out + i, y);
  }
  for (int64_t i = whole; i < n; ++i) {
    const float y = ((x[i] - mean_high) - mean_low) * scale * weight[i];
    out[i] = bias != nullptr ? y + bias[i] : y;
  }
}

void add(const float* a, const float* b, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, load(a + i) + load(b + i));
  for (; i < n; ++i) out[i] = a[i] + b[i];
}

double sum_of_squares(const float* x, int64_t n) {
  D sums{};
  int64_t i = 0;
  for (; i + kW <= n; i += kW) {
    const D d = widen(load(x + i));
    sums += d * d;
  }
  double sum = sum_of(sums);
  for (; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

void exp(const float* x, float* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, exp_negative(load(x + i)));
  if (i < n) store_some(out + i, exp_negative(load_some(x + i, n - i, 0)), n - i);
}

}  // namespace

const Kernels SENSORIUM_KERNELS = {SENSORIUM_KERNELS_NAME, gemm, softmax, activate, layer_norm, add,
                                   sum_of_squares,         exp};

}  // namespace sensorium::rt
