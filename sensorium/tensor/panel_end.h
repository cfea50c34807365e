#pragma once
// Inside the room: what becomes of the sums of a block's rows and one panel.

#include "sensorium/tensor/gemm.h"

namespace sensorium::rt {

/// Refers to what it was made of.
class PanelEnd {
 public:
  PanelEnd(const RowBlock& block, const Packed& weight, int64_t panel, const GemmEnd& end);

  /// Finishes `count` rows from `first` of the block on and `columns` columns from `c` of the panel on, whose sums lie
  /// kPanel apart.
  void operator()(int64_t first, int64_t count, int64_t c, int64_t columns, const Word* sums) const;

  /// Whether a kernel that finishes tiles may do that, by the TileEnd of the tile.
  bool plain() const { return end_.kept == nullptr && (end_.act == KernelAct::none || end_.act == KernelAct::relu); }
  TileEnd tile(int64_t first, int64_t c) const { return tile(first, block_.row + first, c); }

 private:
  TileEnd tile(int64_t first, int64_t row, int64_t c) const;

  const RowBlock& block_;
  const GemmEnd& end_;
  Precision precision_;
  int64_t column_;
  const float *scales_ = nullptr, *sums_ = nullptr;
};

}  // namespace sensorium::rt
