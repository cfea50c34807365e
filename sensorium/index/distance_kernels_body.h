// The kernels in GCC's vector extension, for vectors of SENSORIUM_VECTOR_WIDTH floats. Included by one source per
// instruction set, each compiled with its own flags. Includes nothing with inline functions: those, compiled for a new
// processor here, could be the copy the linker keeps for everyone.

#include "sensorium/index/distance_kernels.h"

#define INLINE static inline __attribute__((always_inline))

namespace sensorium::index {
namespace {

constexpr size_t kW = SENSORIUM_VECTOR_WIDTH;
typedef float V __attribute__((vector_size(kW * 4)));
typedef V VAnywhere __attribute__((aligned(4), may_alias));

INLINE V load(const float* p) {
  return *reinterpret_cast<const VAnywhere*>(p);
}

INLINE float sum_lanes(V v) {
  float sum = 0;
  for (size_t l = 0; l < kW; ++l) sum += v[l];
  return sum;
}

/// Q queries and R rows, each product one accumulator.
template <int Q, int R>
INLINE void tile(const float* queries, const float* const* rows, size_t width, float* out, size_t stride) {
  V sum[Q][R] = {};
  for (size_t k = 0; k < width; k += kW) {
    V row[R];
    for (int r = 0; r < R; ++r) row[r] = load(rows[r] + k);
#pragma GCC unroll 8
    for (int q = 0; q < Q; ++q) {
      const V x = load(queries + static_cast<size_t>(q) * width + k);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) sum[q][r] += x * row[r];
    }
  }
  for (int q = 0; q < Q; ++q)
    for (int r = 0; r < R; ++r) out[static_cast<size_t>(q) * stride + static_cast<size_t>(r)] = sum_lanes(sum[q][r]);
}

float dot(const float* a, const float* b, size_t width) {
  float out = 0;
  tile<1, 1>(a, &b, width, &out, 1);
  return out;
}

void dot_four(const float* query, const float* const* rows, size_t width, float* out) {
  tile<1, 4>(query, rows, width, out, 4);
}

void dot_block(const float* queries, const float* rows, size_t n_rows, size_t width, float* out, size_t stride) {
  size_t r = 0;
  for (; r + 2 <= n_rows; r += 2) {
    const float* pair[2] = {rows + r * width, rows + (r + 1) * width};
    tile<4, 2>(queries, pair, width, out + r, stride);
  }
  if (r < n_rows) {
    const float* last = rows + r * width;
    tile<4, 1>(queries, &last, width, out + r, stride);
  }
}

int32_t dot_int8(const int8_t* a, const int8_t* b, size_t width) {
  int32_t sum = 0;
  for (size_t i = 0; i < width; ++i) sum += static_cast<int16_t>(a[i]) * static_cast<int16_t>(b[i]);
  return sum;
}

}  // namespace

const DistanceKernels SENSORIUM_KERNELS = {dot, dot_four, dot_block, dot_int8};

}  // namespace sensorium::index
