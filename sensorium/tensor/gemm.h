#pragma once
// Inside the room: the one matrix product, of rows by a packed weight, in parallel.

#include "sensorium/tensor/packed.h"

#include <functional>

namespace sensorium::rt {

/// Where rows lie that are words already: those of one line `column_stride` apart, `columns` a line, the lines
/// `line_stride` apart, `lines` a picture. All in words.
struct RowLayout {
  static constexpr int64_t kAll = INT64_MAX;
  Runs runs;
  int64_t column_stride;
  int64_t columns = kAll, line_stride = 0, lines = kAll, picture_stride = 0;

  /// A matrix's: rows of `words`, `stride` apart.
  static RowLayout matrix(int64_t words, int64_t stride) { return {{1, words, 0}, stride}; }
};

/// The left side: row r starts at data + r * stride, float32 or, where halves is set, bfloat16 at halves + r * stride
/// (an even number of them, for a bf16 weight); or, where `layout` is set, lies as that tells from data (of an fp32
/// weight) or halves (of a bf16 one) on; or, where `gather` is set, that writes the row.
struct GemmRows {
  const float* data = nullptr;
  int64_t stride = 0;
  const Half* halves = nullptr;
  const RowLayout* layout = nullptr;
  std::function<void(int64_t row, float* to)> gather = {};
};

/// The rows of a product that are kept: of each picture's `rows`, the first `width` of every `pitch`, `lines` times.
/// They are the rows of `out`, one after the other.
struct Kept {
  int64_t rows, pitch, width, lines;
};

/// out[r][c] = act(sum over i of rows[r][i] weight[c][i] + bias[c] + residual[r][c]); bias and residual may be null,
/// the residual may be `out` itself. Both are float32 or, with `half`, bfloat16. The result of a row depends neither on
/// m nor on the number of threads.
struct GemmEnd {
  const float* bias = nullptr;
  const void* residual = nullptr;
  int64_t residual_stride = 0;
  void* out = nullptr;
  int64_t out_stride = 0;
  bool half = false;
  KernelAct act = KernelAct::none;
  const Kept* kept = nullptr;  // null: all rows
};

void gemm(int64_t m, const GemmRows& rows, const Packed& weight, const GemmEnd& end);

/// In how many blocks to take m rows so that each holds about `bytes` of `row_bytes` each, four to sixteen tiles high
/// of a product in `precision`; one for each of `threads` or a multiple of that, where there are enough for at least
/// two each (`tall`).
struct RowBlocks {
  int64_t count;
  bool tall;
};
RowBlocks row_blocks(int64_t m, int64_t bytes, int64_t row_bytes, Precision precision, int threads);

/// One task's part: panels [first, last) for `count` rows of words, from row `start` of `layout` on, which is row `row`
/// of `end`.
struct RowBlock {
  const Word* words;
  RowLayout layout;
  int64_t start;
  const float *scales, *offsets;  // of each row: sums are multiplied with it, where not null; offsets of int8
  int64_t row, count;
};
void multiply(const RowBlock& block, const Packed& weight, int64_t first, int64_t last, const GemmEnd& end);

}  // namespace sensorium::rt
