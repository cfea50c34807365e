#pragma once
// Inside the room: the rows of a block as tile kernels take them, and their products with a panel in parts that stay in
// the first-level cache.

#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/panel_end.h"
#include "sensorium/tensor/runtime.h"

namespace sensorium::rt {

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

/// Rows tile by tile, spread evenly over the tiles (for a kernel of groups, whole groups are).
class TiledRows {
 public:
  /// `panels`: how many the rows are multiplied with, which decides whether to copy them together.
  TiledRows(const RowBlock& block, const TileKernel& kernel, int64_t panels);

  int64_t tiles() const { return tiles_; }
  /// The first row of a tile; of the one after the last, how many there are.
  int64_t first(int64_t tile) const {
    if (groups_ == nullptr) return count_ * tile / tiles_;
    const int64_t groups = (count_ + kGroup - 1) / kGroup;
    return std::min(count_, groups * tile / tiles_ * kGroup);
  }
  /// Of the tile that begins with row `first`.
  TileLeft left(int64_t first, const Span& span) const {
    return {rows_ != nullptr ? rows_ + first : nullptr, runs_.stride,
            groups_ != nullptr ? groups_ + first / kGroup : nullptr, span};
  }
  /// As kernels see them: one run where copying has joined them.
  const Runs& runs() const { return runs_; }

 private:
  int64_t count_, tiles_;
  Runs runs_;
  std::shared_ptr<std::byte> storage_;
  const Word** rows_ = nullptr;
  RowGroup* groups_ = nullptr;
};

/// Bytes of a span's part of the right side: 32 KiB where the first-level cache holds them beside rows and sums, which
/// are then read from there for all tiles; else 96 KiB for the second-level cache, since spans cost their sums put
/// aside.
int64_t span_bytes();

/// The summed dimension in spans of at most so many words that a kernel's columns of them fill about span_bytes().
/// Whole for one tile, and for kernels of groups, to which putting sums aside costs more than that gains.
class Spans {
 public:
  Spans(const Runs& runs, const TileKernel& kernel, int64_t tiles) : runs_(runs) {
    const int64_t most = tiles == 1 || kernel.grouped()
                             ? runs.count * runs.words
                             : span_bytes() / (kernel.columns * static_cast<int64_t>(sizeof(Word)));
    if (runs.words > most) {
      parts_ = (runs.words + most - 1) / most;
      words_ = (runs.words + parts_ - 1) / parts_;
      count_ = runs.count * parts_;
    } else {
      together_ = std::max<int64_t>(1, most / std::max<int64_t>(1, runs.words));
      count_ = (runs.count + together_ - 1) / together_;
    }
  }
  int64_t count() const { return count_; }
  Span operator[](int64_t i) const {
    if (together_ == 0) {
      const int64_t word = i % parts_ * words_;
      return {i / parts_, 1, word, std::min(words_, runs_.words - word)};
    }
    return {i * together_, std::min(together_, runs_.count - i * together_), 0, runs_.words};
  }
  /// Of the right side, where a span begins.
  int64_t begin(const Span& span) const { return span.run * runs_.words + span.word; }

 private:
  Runs runs_;
  int64_t count_, words_ = 0, parts_ = 0, together_ = 0;
};

/// The products of all rows with the first `columns` of the panel at `b`, handed to `end` tile by tile; where that is
/// null all sums are left in `sums`, kPanel apart. `sums` has room for all rows or, where there is one span and an end,
/// for one tile. `next` is the panel to be wanted next. Call between the kernel's begin and end.
void multiply_panel(const TileKernel& kernel, const TiledRows& rows, const Spans& spans, const Word* b,
                    const Word* next, int64_t columns, Word* sums, const PanelEnd* end);

}  // namespace sensorium::rt
