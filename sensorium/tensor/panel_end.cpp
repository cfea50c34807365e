#include "sensorium/tensor/panel_end.h"

#include <algorithm>

namespace sensorium::rt {
namespace {

/// Calls back for each of rows [begin, begin + count) that is kept, or several in turn: void(rows before, rows, row of
/// `out`).
template <class Each>
void each_piece(const Kept* kept, int64_t begin, int64_t count, const Each& each) {
  if (kept == nullptr) return each(0, count, begin);
  for (int64_t at = 0; at < count;) {
    const int64_t picture = (begin + at) / kept->rows, in_picture = (begin + at) % kept->rows;
    const int64_t line = in_picture / kept->pitch, x = in_picture % kept->pitch;
    const int64_t left = std::min(count - at, kept->rows - in_picture);  // of this picture
    const int64_t here = std::min(left, kept->pitch - x), rows = std::min(here, kept->width - x);
    if (line < kept->lines && rows > 0) each(at, rows, (picture * kept->lines + line) * kept->width + x);
    at += here;
  }
}

}  // namespace

PanelEnd::PanelEnd(const RowBlock& block, const Packed& weight, int64_t panel, const GemmEnd& end)
    : block_(block), end_(end), precision_(weight.precision), column_(panel * kPanel) {
  if (precision_ != Precision::int8) return;
  scales_ = weight.scales + column_;
  sums_ = weight.sums + column_;
}

void PanelEnd::operator()(int64_t first, int64_t count, int64_t c, int64_t columns, const Word* sums) const {
  each_piece(end_.kept, block_.row + first, count, [&](int64_t at, int64_t rows, int64_t row) {
    kernels().finish(precision_, sums + at * kPanel, rows, columns, tile(first + at, row, c));
  });
}

TileEnd PanelEnd::tile(int64_t first, int64_t row, int64_t c) const {
  const int64_t column = column_ + c, size = end_.half ? 2 : 4;
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
    e.residual = static_cast<const char*>(end_.residual) + (row * end_.residual_stride + column) * size;
  e.out = static_cast<char*>(end_.out) + (row * end_.out_stride + column) * size;
  return e;
}

}  // namespace sensorium::rt
