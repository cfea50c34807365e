#pragma once
// Inside the room: the own kernels, single-threaded, built for several instruction sets and chosen once by the
// processor.
//
// Note: words and panels. Both sides of every matrix product are rows of 32-bit words along the summed dimension: one
// float32, two bfloat16 or four bytes. The right side lies in panels of kPanel columns, [panel][word][kPanel], the same
// for all instruction sets; the left side is plain rows of words. So one tile kernel serves all precisions: it
// broadcasts a word of the left side and multiplies it with a word of each of the panel's columns.

#include "sensorium/tensor/precision.h"

#include <cstdint>

namespace sensorium::rt {

enum class KernelAct : int { none, relu, gelu, quick_gelu, gelu_tanh, tanh };

constexpr int64_t kPanel = 64;
/// The most rows that a call of any tile kernel takes.
constexpr int64_t kMostTileRows = 48;

using Word = uint32_t __attribute__((may_alias));
/// A bfloat16 value's bits.
using Half = uint16_t __attribute__((may_alias));

/// Words of n values, the last one filled up with zeros.
constexpr int64_t words_of(int64_t n, Precision p) {
  return (n + per_word(p) - 1) / per_word(p);
}

/// A row of the left side: `count` runs of `words` words, each `stride` words after the one before. A matrix's row is
/// one run; what a pixel of a convolution sees is one for each line of its window.
struct Runs {
  int64_t count, words, stride;
};

/// What becomes of a tile's sums: out = act(value + bias + residual), where value = sum * row_scales (where not null),
/// or for int8 sums row_scales * column_scales * sum + row_offsets * column_sums. Pointers are to the tile's first row
/// and column; bias and residual may be null. `out` and `residual` are float32 or, with `half`, bfloat16.
struct TileEnd {
  const float* bias = nullptr;
  const void* residual = nullptr;
  int64_t residual_stride = 0;
  void* out = nullptr;
  int64_t out_stride = 0;
  bool half = false;
  const float *row_scales = nullptr, *row_offsets = nullptr, *column_scales = nullptr, *column_sums = nullptr;
  KernelAct act = KernelAct::none;
};

/// kGroup rows at a time, for kernels that take so many at once: word w of run k of row r lies at
/// at[r * row + k * run + w / kGroup * step + w % kGroup].
constexpr int64_t kGroup = 16;
struct RowGroup {
  const Word* at;
  int64_t row, step, run;
};

/// A part of the summed dimension: of `count` runs from `run` on the words [word, word + words), all of them where
/// count is above 1.
struct Span {
  int64_t run, count, word, words;
};

/// The left side of a tile: where each row lies, its runs `stride` apart, or, for a kernel of groups, each group.
struct TileLeft {
  const Word* const* rows;
  int64_t stride;
  const RowGroup* groups;
  Span span;
};

/// Words of a panel, as many columns of each as a kernel takes, to be brought nearer.
struct Ahead {
  const Word* at;
  int64_t words;
};

/// Products of one precision.
struct TileKernel {
  /// The most rows of one call, and the columns of a panel, which divide kPanel.
  int64_t most_rows, columns;
  /// Whether multiply can finish a tile.
  bool finishes;
  /// Null, or to be called before the first and after the last of some calls of multiply on a thread.
  void (*begin)();
  void (*end)();
  /// Null for a kernel of rows. Else makes a group of `rows` <= kGroup rows that lie at a[r], as `runs` tells: in place
  /// where they lie evenly, `copy` is not set and runs are whole steps, else copied to `out`, of kGroup rows of words
  /// rounded up to kGroup.
  RowGroup (*group)(int64_t rows, const Word* const* a, const Runs& runs, bool copy, Word* out);
  /// sums[r * kPanel + c] = (with `more`, +=) sum over the span's words w of left[r][w] b[w * kPanel + c] for `rows`
  /// rows and `columns` columns. A sum is the same for any `rows` and any division into spans; kernels of groups take
  /// all at once. Brings what is ahead nearer on the way. With `end`, only where it `finishes` and the activation is
  /// none or relu, the sums are not written but become what `finish` below makes of them.
  void (*multiply)(int64_t rows, const TileLeft& left, const Word* b, const Ahead& ahead, bool more, Word* sums,
                   const TileEnd* end);
  /// Null, or a kernel of rows that gives the same sums to the bit and is faster where there is one row.
  const TileKernel* alone = nullptr;

  /// Whether it takes groups. Its products are then so fast that they wait for weights.
  bool grouped() const { return group != nullptr; }
};

struct Kernels {
  const char* name;
  /// One for each Precision.
  TileKernel tiles[3];
  /// `sums` as multiply wrote them, the first `columns` of each row.
  void (*finish)(Precision precision, const Word* sums, int64_t rows, int64_t columns, const TileEnd& end);
  /// n values as words of bfloat16, rounded to nearest even.
  void (*to_bf16)(const float* x, Word* out, int64_t n);
  /// n values as bytes u with x = scale * u + offset nearly, over the range of x; where x has a NaN, offset is NaN.
  void (*to_u8)(const float* x, Word* out, int64_t n, float* scale, float* offset);
  /// Two rows of n bfloat16 values interleaved: word i is {a[i], b[i]}; b may be null (zeros).
  void (*interleave)(const Half* a, const Half* b, Word* out, int64_t n);
  /// out[c * kPanel + r] = in[r * stride + c] for r < rows <= kPanel, c < columns; 0 for the other r.
  void (*turn)(const Word* in, int64_t stride, int64_t rows, int64_t columns, Word* out);
  /// x = exp(scale (x - max x)) over n values; gives their sum. At least one must be above -inf.
  float (*exp_scores)(float* x, int64_t n, float scale);
  /// out = act(x); may be in place.
  void (*activate)(const float* x, float* out, int64_t n, KernelAct act);
  /// out = layer norm of x (+ residual, where not null), one row of n; sums in double precision. bias may be null.
  void (*layer_norm)(const float* x, const float* residual, const float* weight, const float* bias, float epsilon,
                     float* out, int64_t n);
  /// out = the larger of out and x, float32 or bfloat16 with `half`; a NaN is the largest.
  void (*raise)(void* out, const void* x, int64_t n, bool half);
  /// The 16 values of B' d B (winograd.h) of a patch d of 4x4 pixels, for each of `channels`, a multiple of 16.
  /// pixels[4 y + x] is where a pixel's channels begin; position 4 y + x begins at out + that * stride values. Both are
  /// float32 or, with `half`, bfloat16.
  void (*winograd_input)(const void* const* pixels, int64_t channels, bool half, void* out, int64_t stride);
  /// The 2x2 pixels A' m A, rows of kPanel float32 values, of 16 such rows, `stride` apart.
  void (*winograd_output)(const Word* sums, int64_t stride, Word* out);
  /// out = a + b.
  void (*add)(const float* a, const float* b, float* out, int64_t n);
  /// sum of x^2, in double precision.
  double (*sum_of_squares)(const float* x, int64_t n);
  /// out = exp(x), x <= 0; for tests.
  void (*exp)(const float* x, float* out, int64_t n);
};

/// The best for this processor, or the one that SENSORIUM_KERNELS names ("generic", "avx2", "avx512", "avx512_vnni",
/// "avx512_bf16", "amx"); throws EnvironmentError where the processor lacks that.
const Kernels& kernels();
/// Of those, what multiplies in a precision.
inline const TileKernel& tile_kernel(Precision precision) {
  return kernels().tiles[static_cast<int>(precision)];
}

/// Those that this processor can run, the best last.
struct KernelList {
  const Kernels* items[6];
  int count;
  const Kernels* const* begin() const { return items; }
  const Kernels* const* end() const { return items + count; }
};
KernelList runnable_kernels();

extern const Kernels kKernelsGeneric, kKernelsAvx2, kKernelsAvx512, kKernelsAvx512Vnni, kKernelsAvx512Bf16, kKernelsAmx;

}  // namespace sensorium::rt
