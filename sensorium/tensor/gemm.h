#pragma once
// Inside the room: the one matrix product, of rows by a packed weight, in parallel.

#include "sensorium/tensor/packed.h"

#include <functional>

namespace sensorium::rt {

/// The left side: row r starts at data + r * stride, float32 or, where halves is set, bfloat16 at halves + r * stride
/// (an even number of them, for a bf16 weight); or, where `gather` is set, that writes the row.
struct GemmRows {
  const float* data = nullptr;
  int64_t stride = 0;
  const Half* halves = nullptr;
  std::function<void(int64_t row, float* to)> gather = {};
};

/// out[r][c] = act(sum over i of rows[r][i] weight[c][i] + bias[c] + residual[r][c]); bias and residual may be null,
/// the residual may be `out` itself. `out` is float32 or, with `half`, bfloat16 (then act must be none). The result of
/// a row depends neither on m nor on the number of threads.
struct GemmEnd {
  const float *bias = nullptr, *residual = nullptr;
  int64_t residual_stride = 0;
  void* out = nullptr;
  int64_t out_stride = 0;
  bool half = false;
  KernelAct act = KernelAct::none;
};

void gemm(int64_t m, const GemmRows& rows, const Packed& weight, const GemmEnd& end);

/// In how many blocks to take m rows so that each holds about `bytes` of `row_bytes` each, four to sixteen tiles high;
/// one for each of `threads` or a multiple of that, where there are enough for at least two each (`tall`).
struct RowBlocks {
  int64_t count;
  bool tall;
};
RowBlocks row_blocks(int64_t m, int64_t bytes, int64_t row_bytes, int threads);

/// One task's part: panels [first, last) for `count` rows of words, whose first is row `row` of `end`.
struct RowBlock {
  const Word* words;
  int64_t stride;
  const float *scales, *offsets;  // of each row: sums are multiplied with it, where not null; offsets of int8
  int64_t row, count;
};
void multiply(const RowBlock& block, const Packed& weight, int64_t first, int64_t last, const GemmEnd& end);

}  // namespace sensorium::rt
