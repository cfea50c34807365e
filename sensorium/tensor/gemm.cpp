#include "sensorium/tensor/converted.h"

#include "sensorium/tensor/runtime.h"

#include <cstring>

namespace sensorium::rt {
namespace {

/// Bytes of left-side words that a task works on: half of a usual second-level cache's part, beside a panel.
constexpr int64_t kBlockBytes = 256 << 10;

/// Walks over rows.
class RowCursor {
 public:
  RowCursor(const Word* words, const RowLayout& layout, int64_t row)
      : layout_(layout),
        column_(row % layout.columns),
        line_(row / layout.columns % layout.lines),
        picture_at_(words + row / layout.columns / layout.lines * layout.picture_stride),
        line_at_(picture_at_ + line_ * layout.line_stride) {}

  const Word* next() {
    const Word* row = line_at_ + column_ * layout_.column_stride;
    if (++column_ == layout_.columns) {
      column_ = 0;
      if (++line_ == layout_.lines) {
        line_ = 0;
        line_at_ = picture_at_ += layout_.picture_stride;
      } else {
        line_at_ += layout_.line_stride;
      }
    }
    return row;
  }

 private:
  const RowLayout& layout_;
  int64_t column_, line_;
  const Word *picture_at_, *line_at_;
};

}  // namespace

void multiply(const RowBlock& block, const Packed& weight, int64_t first, int64_t last, const GemmEnd& end) {
  const Kernels& k = kernels();
  const int64_t words = weight.words(), tiles = (block.count + kTileRows - 1) / kTileRows;
  const int64_t lines = words * kPanel * static_cast<int64_t>(sizeof(Word)) / 64;
  const int64_t prefetched = std::min(words, (lines + tiles - 1) / tiles);  // of the next panel, by each tile
  const bool integer = weight.precision == Precision::int8;
  alignas(64) Word sums[kTileRows * kPanel];
  TileEnd e;
  e.residual_stride = end.residual_stride;
  e.out_stride = end.out_stride;
  e.act = end.act;
  e.half = end.half;
  const int64_t size = end.half ? 2 : 4;
  const Word* starts[kTileRows];
  for (int64_t panel = first; panel < last; ++panel) {
    const int64_t column = panel * kPanel, columns = std::min(kPanel, weight.out - column);
    const Word* b = weight.panels + panel * words * kPanel;
    const char* next = reinterpret_cast<const char*>(panel + 1 < weight.panel_count() ? b + words * kPanel : b);
    e.bias = end.bias != nullptr ? end.bias + column : nullptr;
    e.column_scales = integer ? weight.scales + column : nullptr;
    e.column_sums = integer ? weight.sums + column : nullptr;
    RowCursor cursor(block.words, block.layout, block.start);
    for (int64_t tile = 0, r = 0; tile < tiles; ++tile) {
      const int64_t rows = (block.count - r + tiles - tile - 1) / (tiles - tile);  // tiles of nearly equal height
      for (int64_t i = 0; i < rows; ++i) starts[i] = cursor.next();
      k.tile[static_cast<int>(weight.precision)](rows, starts, block.layout.runs, b, next + tile * prefetched * 64,
                                                 prefetched, sums);
      e.row_scales = block.scales != nullptr ? block.scales + r : nullptr;
      e.row_offsets = integer ? block.offsets + r : nullptr;
      const int64_t row = block.row + r;
      e.residual = end.residual != nullptr
                       ? static_cast<const char*>(end.residual) + (row * end.residual_stride + column) * size
                       : nullptr;
      e.out = static_cast<char*>(end.out) + (row * end.out_stride + column) * size;
      k.finish(weight.precision, sums, rows, columns, e);
      r += rows;
    }
  }
}

RowBlocks row_blocks(int64_t m, int64_t bytes, int64_t row_bytes, int threads) {
  const int64_t fitting = bytes / std::max<int64_t>(1, row_bytes) / kTileRows * kTileRows;
  const int64_t most = std::clamp<int64_t>(fitting, 4 * kTileRows, 16 * kTileRows), count = (m + most - 1) / most;
  if (count < 2 * threads) return {count, false};
  return {round_up(count, threads), true};
}

void gemm(int64_t m, const GemmRows& rows, const Packed& weight, const GemmEnd& end) {
  const int64_t words = weight.words(), panels = weight.panel_count();
  if (m == 0 || panels == 0) return;
  const int threads = use_threads();
  const int64_t row_words = rows.layout != nullptr ? rows.layout->column_stride : words;  // that no other row has
  const auto [blocks, tall] = row_blocks(m, kBlockBytes, row_words * static_cast<int64_t>(sizeof(Word)), threads);
  const int64_t height = (m + blocks - 1) / blocks;
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
