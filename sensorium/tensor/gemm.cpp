#include "sensorium/tensor/converted.h"

#include "sensorium/tensor/panel_end.h"
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
    const PanelEnd panel_end(block, weight, panel, end);
    multiply_panel(kernel, rows, spans, b, panel + 1 < last ? b + words * kPanel : b,
                   std::min(kPanel, weight.out - panel * kPanel), sums, &panel_end);
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
