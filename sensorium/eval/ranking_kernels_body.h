// The kernels in GCC's vector extension, for vectors of SENSORIUM_VECTOR_WIDTH floats. Included by one source per
// instruction set, each compiled with its own flags. Includes nothing with inline functions: those, compiled for a new
// processor here, could be the copy the linker keeps for everyone.

#include "sensorium/eval/ranking_kernels.h"

#define INLINE static inline __attribute__((always_inline))

namespace sensorium {
namespace {

constexpr int kW = SENSORIUM_VECTOR_WIDTH;
constexpr int kVectors = static_cast<int>(kPanel) / kW;
constexpr int kTileVectors = kW == 16 ? 4 : 2;
constexpr int kTileRows = 6;
typedef float V __attribute__((vector_size(kW * 4)));
typedef int32_t I __attribute__((vector_size(kW * 4)));
typedef V VAnywhere __attribute__((aligned(4), may_alias));
typedef I IAnywhere __attribute__((aligned(4), may_alias));

INLINE V load(const float* p) {
  return *reinterpret_cast<const VAnywhere*>(p);
}

template <int kRows>
INLINE void tile(int64_t width, const float* a, const float* panel, float* out) {
  V sum[kRows][kTileVectors] = {};
  for (int64_t k = 0; k < width; ++k) {
    V column[kTileVectors];
    for (int v = 0; v < kTileVectors; ++v) column[v] = load(panel + k * kPanel + v * kW);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const V x = a[r * width + k] - V{};  // unlike + 0, - 0 costs nothing
#pragma GCC unroll 8
      for (int v = 0; v < kTileVectors; ++v) sum[r][v] += x * column[v];
    }
  }
  for (int r = 0; r < kRows; ++r)
    for (int v = 0; v < kTileVectors; ++v) *reinterpret_cast<VAnywhere*>(out + r * kPanel + v * kW) = sum[r][v];
}

template <int kRows>
void row_block(int64_t width, const float* a, const float* panel, float* out) {
  for (int64_t c = 0; c < kPanel; c += kTileVectors * kW) tile<kRows>(width, a, panel + c, out + c);
}

void scores(int64_t rows, int64_t width, const float* a, const float* panel, float* out) {
  int64_t r = 0;
  for (; r + kTileRows <= rows; r += kTileRows) row_block<kTileRows>(width, a + r * width, panel, out + r * kPanel);
  for (; r < rows; ++r) row_block<1>(width, a + r * width, panel, out + r * kPanel);
}

bool count_columns(int64_t rows, const float* scores, const float* thresholds, int32_t* above) {
  I equal{};
  for (int v = 0; v < kVectors; ++v) {
    const V threshold = load(thresholds + v * kW);
    I count{};
    for (int64_t r = 0; r < rows; ++r) {
      const V s = load(scores + r * kPanel + v * kW);
      count -= s > threshold;
      equal |= s == threshold;
    }
    *reinterpret_cast<IAnywhere*>(above + v * kW) += count;
  }
  int32_t any = 0;
  for (int l = 0; l < kW; ++l) any |= equal[l];
  return any != 0;
}

int32_t count_row(const float* row, float threshold, bool& equal) {
  I count{}, same{};
  for (int v = 0; v < kVectors; ++v) {
    const V s = load(row + v * kW);
    count -= s > threshold;
    same |= s == threshold;
  }
  int32_t sum = 0, any = 0;
  for (int l = 0; l < kW; ++l) sum += count[l], any |= same[l];
  equal |= any != 0;
  return sum;
}

}  // namespace

const RankingKernels SENSORIUM_KERNELS = {SENSORIUM_KERNELS_NAME, scores, count_columns, count_row};

}  // namespace sensorium
