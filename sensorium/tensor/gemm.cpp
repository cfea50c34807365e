#include "sensorium/tensor/converted.h"

#include "sensorium/tensor/runtime.h"

#include <cstring>

namespace sensorium::rt {
namespace {

/// Bytes of left-side words that a task works on: half of a usual second-level cache's part, beside a panel.
constexpr int64_t kBlockBytes = 256 << 10;

/// The same where kernels take groups: such processors have twice the room there, and multiply so fast that the
/// weights' way from the third level, once for each block, is what they wait for; so blocks are not low either.
constexpr int64_t kGroupedBytes = 512 << 10;
constexpr int64_t kLeastGroupedTiles = 4;

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

/// Between a kernel's begin and end.
class KernelScope {
 public:
  explicit KernelScope(const TileKernel& kernel) : kernel_(kernel) {
    if (kernel.begin != nullptr) kernel.begin();
  }
  ~KernelScope() {
    if (kernel_.end != nullptr) kernel_.end();
  }
  KernelScope(const KernelScope&) = delete;
  KernelScope& operator=(const KernelScope&) = delete;

 private:
  const TileKernel& kernel_;
};

/// A product of so many panels repays rows copied to lie together.
constexpr int64_t kManyPanels = 8;

/// The rows of a block, tile by tile as a kernel takes them, as often as wanted.
class TiledRows {
 public:
  TiledRows(const RowBlock& block, const TileKernel& kernel, int64_t words, int64_t panels)
      : block_(block), tiles_((block.count + kernel.most_rows - 1) / kernel.most_rows) {
    if (!kernel.grouped()) return;
    const int64_t groups = (block.count + kGroup - 1) / kGroup, each = kGroup * round_up(words, kGroup);
    const auto bytes = static_cast<size_t>(groups) * sizeof(RowGroup);
    storage_ = pool_allocate(bytes + 64 + static_cast<size_t>(groups * each) * sizeof(Word));
    groups_ = reinterpret_cast<RowGroup*>(storage_.get());
    auto* copies = reinterpret_cast<Word*>(storage_.get() + (bytes + 63) / 64 * 64);
    RowCursor cursor(block.words, block.layout, block.start);
    const Word* rows[kGroup];
    for (int64_t g = 0; g < groups; ++g) {
      const int64_t count = std::min(kGroup, block.count - g * kGroup);
      for (int64_t r = 0; r < count; ++r) rows[r] = cursor.next();
      groups_[g] = kernel.group(count, rows, block.layout.runs, panels >= kManyPanels, copies + g * each);
    }
  }

  int64_t tiles() const { return tiles_; }
  /// A tile's first row: rows or, of a kernel of groups, groups are spread evenly over the tiles.
  int64_t first(int64_t tile) const {
    if (groups_ == nullptr) return block_.count * tile / tiles_;
    const int64_t groups = (block_.count + kGroup - 1) / kGroup;
    return std::min(block_.count, groups * tile / tiles_ * kGroup);
  }
  int64_t rows(int64_t tile) const { return first(tile + 1) - first(tile); }

  /// Calls back for each tile: void(tile, left).
  template <class Each>
  void walk(const Each& each) const {
    RowCursor cursor(block_.words, block_.layout, block_.start);
    TileLeft left;
    left.runs = block_.layout.runs;
    for (int64_t tile = 0; tile < tiles_; ++tile) {
      if (groups_ != nullptr)
        std::copy_n(groups_ + first(tile) / kGroup, (rows(tile) + kGroup - 1) / kGroup, left.groups);
      else
        for (int64_t i = 0; i < rows(tile); ++i) left.rows[i] = cursor.next();
      each(tile, left);
    }
  }

 private:
  const RowBlock& block_;
  int64_t tiles_;
  std::shared_ptr<std::byte> storage_;
  RowGroup* groups_ = nullptr;
};

}  // namespace

void multiply(const RowBlock& block, const Packed& weight, int64_t first, int64_t last, const GemmEnd& end) {
  const Kernels& k = kernels();
  const TileKernel& kernel = tile_kernel(weight.precision);
  const TiledRows rows(block, kernel, weight.words(), last - first);
  const int64_t words = weight.words(), tiles = rows.tiles();
  const int64_t lines = words * kPanel * static_cast<int64_t>(sizeof(Word)) / 64;
  // Of the next panel, by each tile; a kernel of rows brings at most a line for each word.
  const int64_t prefetched = std::min(kernel.grouped() ? lines : words, (lines + tiles - 1) / tiles);
  const bool integer = weight.precision == Precision::int8;
  alignas(64) Word sums[kMostTileRows * kPanel];
  TileEnd e;
  e.residual_stride = end.residual_stride;
  e.out_stride = end.out_stride;
  e.act = end.act;
  e.half = end.half;
  const int64_t size = end.half ? 2 : 4;
  const KernelScope scope(kernel);
  for (int64_t panel = first; panel < last; ++panel) {
    const int64_t column = panel * kPanel, columns = std::min(kPanel, weight.out - column);
    const Word* b = weight.panels + panel * words * kPanel;
    const char* next = reinterpret_cast<const char*>(panel + 1 < weight.panel_count() ? b + words * kPanel : b);
    e.bias = end.bias != nullptr ? end.bias + column : nullptr;
    e.column_scales = integer ? weight.scales + column : nullptr;
    e.column_sums = integer ? weight.sums + column : nullptr;
    rows.walk([&](int64_t tile, const TileLeft& left) {
      const int64_t r = rows.first(tile), count = rows.rows(tile), row = block.row + r;
      kernel.multiply(count, left, b, next + tile * prefetched * 64, prefetched, sums);
      e.row_scales = block.scales != nullptr ? block.scales + r : nullptr;
      e.row_offsets = integer ? block.offsets + r : nullptr;
      e.residual = end.residual != nullptr
                       ? static_cast<const char*>(end.residual) + (row * end.residual_stride + column) * size
                       : nullptr;
      e.out = static_cast<char*>(end.out) + (row * end.out_stride + column) * size;
      k.finish(weight.precision, sums, count, columns, e);
    });
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
  const int threads = use_threads();
  const int64_t row_words = rows.layout != nullptr ? rows.layout->column_stride : words;  // that no other row has
  const auto [blocks, tall] =
      row_blocks(m, kBlockBytes, row_words * static_cast<int64_t>(sizeof(Word)), weight.precision, threads);
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
