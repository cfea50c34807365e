#include "sensorium/tensor/tiled.h"

#include <unistd.h>

namespace sensorium::rt {
namespace {

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

/// A product of so many panels repays rows copied to lie together.
constexpr int64_t kManyPanels = 8;

}  // namespace

int64_t span_bytes() {
  static const int64_t bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE) > 32 << 10 ? 32 << 10 : 96 << 10;
  return bytes;
}

TiledRows::TiledRows(const RowBlock& block, const TileKernel& kernel, int64_t panels)
    : count_(block.count), tiles_((block.count + kernel.most_rows - 1) / kernel.most_rows), runs_(block.layout.runs) {
  RowCursor cursor(block.words, block.layout, block.start);
  if (!kernel.grouped()) {
    storage_ = pool_allocate(static_cast<size_t>(count_) * sizeof(const Word*));
    rows_ = reinterpret_cast<const Word**>(storage_.get());
    for (int64_t r = 0; r < count_; ++r) rows_[r] = cursor.next();
    return;
  }
  const int64_t words = runs_.count * runs_.words, groups = (count_ + kGroup - 1) / kGroup,
                each = kGroup * round_up(words, kGroup);
  const auto bytes = static_cast<size_t>(groups) * sizeof(RowGroup);
  storage_ = pool_allocate(bytes + 64 + static_cast<size_t>(groups * each) * sizeof(Word));
  groups_ = reinterpret_cast<RowGroup*>(storage_.get());
  auto* copies = reinterpret_cast<Word*>(storage_.get() + (bytes + 63) / 64 * 64);
  const Word* rows[kGroup];
  for (int64_t g = 0; g < groups; ++g) {
    const int64_t count = std::min(kGroup, count_ - g * kGroup);
    for (int64_t r = 0; r < count; ++r) rows[r] = cursor.next();
    groups_[g] = kernel.group(count, rows, block.layout.runs, panels >= kManyPanels, copies + g * each);
  }
  if (runs_.words % kGroup != 0) runs_ = {1, words, 0};
}

void multiply_panel(const TileKernel& kernel, const TiledRows& rows, const Spans& spans, const Word* b,
                    const Word* next, int64_t columns, Word* sums, const PanelEnd* end) {
  for (int64_t c = 0; c < columns; c += kernel.columns) {
    const int64_t here = std::min(kernel.columns, columns - c);
    const bool in_kernel = end != nullptr && kernel.finishes && here == kernel.columns && end->plain();
    for (int64_t i = 0; i < spans.count(); ++i) {
      const Span span = spans[i];
      const bool last = i + 1 == spans.count();
      const Span following = spans[last ? 0 : i + 1];
      const Word* coming = !last ? b + c : c + kernel.columns < columns ? b + c + kernel.columns : next;
      coming += spans.begin(following) * kPanel;
      const int64_t words = following.count * following.words, each = (words + rows.tiles() - 1) / rows.tiles();
      for (int64_t tile = 0, first = 0, after; tile < rows.tiles(); ++tile, first = after) {
        after = rows.first(tile + 1);
        const int64_t count = after - first, from = std::min(words, tile * each);
        Word* to = sums + (end == nullptr || spans.count() > 1 ? first * kPanel : 0) + c;
        TileEnd tile_end;
        if (last && in_kernel) tile_end = end->tile(first, c);
        kernel.multiply(count, rows.left(first, span), b + spans.begin(span) * kPanel + c,
                        {coming + from * kPanel, std::min(each, words - from)}, i > 0, to,
                        last && in_kernel ? &tile_end : nullptr);
        if (last && end != nullptr && !in_kernel) (*end)(first, count, c, here, to);
      }
    }
  }
}

}  // namespace sensorium::rt
