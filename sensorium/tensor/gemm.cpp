#include "sensorium/tensor/converted.h"

#include "sensorium/tensor/runtime.h"
#include "sensorium/tensor/tiled.h"

namespace sensorium::rt {
namespace {

/// Bytes of left-side words that a task works on: half of a usual second-level cache's part, beside a panel.
constexpr int64_t kBlockBytes = 256 << 10;

/// The same where kernels take groups: such processors have twice the room there, and multiply so fast that the
/// weights' way from the third level, once for each block, is what they wait for; so blocks are not low either.
constexpr int64_t kGroupedBytes = 512 << 10;
constexpr int64_t kLeastGroupedTiles = 4;

/// What becomes of the sums of a block's rows and one panel.
class PanelEnd {
 public:
  PanelEnd(const RowBlock& block, const Packed& weight, int64_t panel, const GemmEnd& end)
      : block_(block), end_(end), precision_(weight.precision), column_(panel * kPanel), size_(end.half ? 2 : 4) {
    if (precision_ != Precision::int8) return;
    scales_ = weight.scales + column_;
    sums_ = weight.sums + column_;
  }

  void operator()(int64_t first, int64_t count, int64_t c, int64_t columns, const Word* sums) const {
    each_piece(first, count, [&](int64_t at, int64_t rows, int64_t row) {
      finish(first + at, rows, row, c, columns, sums + at * kPanel);
    });
  }

 private:
  /// Calls back for each row that is kept or several in turn: void(rows before, rows, row of `out`).
  template <class Each>
  void each_piece(int64_t first, int64_t count, const Each& each) const {
    const int64_t begin = block_.row + first;
    if (end_.kept == nullptr) return each(0, count, begin);
    const Kept& kept = *end_.kept;
    for (int64_t at = 0; at < count;) {
      const int64_t picture = (begin + at) / kept.rows, in_picture = (begin + at) % kept.rows;
      const int64_t line = in_picture / kept.pitch, x = in_picture % kept.pitch;
      const int64_t left = std::min(count - at, kept.rows - in_picture);  // of this picture
      const int64_t here = std::min(left, kept.pitch - x), rows = std::min(here, kept.width - x);
      if (line < kept.lines && rows > 0) each(at, rows, (picture * kept.lines + line) * kept.width + x);
      at += here;
    }
  }

  void finish(int64_t first, int64_t count, int64_t row, int64_t c, int64_t columns, const Word* sums) const {
    const int64_t column = column_ + c;
    TileEnd e;
    e.residual_stride = end_.residual_stride;
    e.out_stride = end_.out_stride;
    e.act = end_.act;
    e.half = end_.half;
    if (end_.bias != nullptr) e.bias = end_.bias + column;
    if (block_.scales != nullptr) e.row_scales = block_.scales + first;
    if (scales_ != nullptr) {
      e.row_offsets = block_.offsets + first;
      e.column_scales = scales_ + c;
      e.column_sums = sums_ + c;
    }
    if (end_.residual != nullptr)
      e.residual = static_cast<const char*>(end_.residual) + (row * end_.residual_stride + column) * size_;
    e.out = static_cast<char*>(end_.out) + (row * end_.out_stride + column) * size_;
    kernels().finish(precision_, sums, count, columns, e);
  }

  const RowBlock& block_;
  const GemmEnd& end_;
  Precision precision_;
  int64_t column_, size_;
  const float *scales_ = nullptr, *sums_ = nullptr;
};

}  // namespace

void multiply(const RowBlock& block, const Packed& weight, int64_t first, int64_t last, const GemmEnd& end) {
  const TileKernel& usual = tile_kernel(weight.precision);
  const TileKernel& kernel = block.count == 1 && usual.alone != nullptr ? *usual.alone : usual;
  const TiledRows rows(block, kernel, last - first);
  const Spans spans(rows.runs(), kernel, rows.tiles());
  const int64_t words = weight.words();
  alignas(64) Word tile_sums[kMostTileRows * kPanel];
  const auto all_sums = pool_allocate(spans.count() > 1 ? static_cast<size_t>(block.count * kPanel) * sizeof(Word) : 0);
  Word* sums = spans.count() > 1 ? reinterpret_cast<Word*>(all_sums.get()) : tile_sums;
  const KernelScope scope(kernel);
  for (int64_t panel = first; panel < last; ++panel) {
    const Word* b = weight.panels + panel * words * kPanel;
    multiply_panel(kernel, rows, spans, b, panel + 1 < last ? b + words * kPanel : b,
                   std::min(kPanel, weight.out - panel * kPanel), false, sums, PanelEnd(block, weight, panel, end));
  }
}

RowBlocks row_blocks(int64_t m, int64_t bytes, int64_t row_bytes, Precision precision, int threads) {
  const TileKernel& kernel = tile_kernel(precision);
  const bool grouped = kernel.grouped();
  const int64_t rows = kernel.most_rows, least = grouped ? kLeastGroupedTiles : 4;
  const int64_t fitting = (grouped ? kGroupedBytes : bytes) / std::max<int64_t>(1, row_bytes) / rows * rows;
  const int64_t most = std::clamp<int64_t>(fitting, least * rows, 16 * rows), count = (m + most - 1) / most;
  if (count < 2 * threads) return {count, false};
  return {round_up(count, threads), true};
}

void gemm(int64_t m, const GemmRows& rows, const Packed& weight, const GemmEnd& end) {
  const int64_t words = weight.words(), panels = weight.panel_count();
  if (m == 0 || panels == 0) return;
  const int threads = num_threads();
  const int64_t row_words = rows.layout != nullptr ? rows.layout->column_stride : words;  // that no other row has
  const auto [blocks, tall] =
      row_blocks(m, kBlockBytes, row_words * static_cast<int64_t>(sizeof(Word)), weight.precision, threads);
  const int64_t whole = tile_kernel(weight.precision).grouped() ? kGroup : 1;
  const int64_t height = round_up((m + blocks - 1) / blocks, whole);
  if (tall || threads == 1) {
    // Each task converts its own rows, which stay in its cache, and takes all panels.
    parallel_ranges(m, height, [&](int64_t first, int64_t last) {
      Converted converted(rows, weight, last - first);
      converted.fill(first, last, 0, converted.line());
      multiply(converted.block(0, first, last - first), weight, 0, panels, end);
    });
    return;
  }
  // Few rows: they are converted once, and each task takes some of the panels.
  Converted all(rows, weight, m);
  if (!all.direct())
    parallel_ranges(m, 16, [&](int64_t first, int64_t last) {
      const auto line = pool_allocate(static_cast<size_t>(rows.gather ? weight.in : 0) * sizeof(float));
      all.fill(first, last, first, reinterpret_cast<float*>(line.get()));
    });
  const int64_t groups = std::min(panels, (2 * threads + blocks - 1) / blocks);
  parallel_ranges(blocks * groups, 1, [&](int64_t task, int64_t) {
    const int64_t block = task / groups, group = task % groups, first = block * height;
    const RowBlock part = all.block(first, first, std::min(height, m - first));
    multiply(part, weight, group * panels / groups, (group + 1) * panels / groups, end);
  });
}

}  // namespace sensorium::rt
