#pragma once
// Inside the room: the left side of a matrix product as words of the right side's precision.

#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/kernels.h"

namespace sensorium::rt {

/// Room for `count` rows of words. Rows that are of the precision already are used where they lie.
class Converted {
 public:
  Converted(const GemmRows& rows, const Packed& weight, int64_t count)
      : rows_(rows), precision_(weight.precision), in_(weight.in), words_(weight.words()) {
    if (direct()) return;
    const int64_t line = rows.gather ? in_ : 0;
    storage_ = pool_allocate(static_cast<size_t>(count * (words_ + 2) + line) * sizeof(Word));
    words_at_ = reinterpret_cast<Word*>(storage_.get());
    scales_ = reinterpret_cast<float*>(words_at_ + count * words_);
    offsets_ = scales_ + count;
    line_ = offsets_ + count;
  }

  /// Rows [first, last) of the source, the first of them at `slot`. `line` is scratch of one row, where rows are
  /// gathered.
  void fill(int64_t first, int64_t last, int64_t slot, float* line) {
    if (direct()) return;
    for (int64_t r = first; r < last; ++r, ++slot) {
      Word* to = words_at_ + slot * words_;
      if (rows_.gather && precision_ == Precision::fp32) {
        rows_.gather(r, reinterpret_cast<float*>(to));
        continue;
      }
      if (rows_.gather) rows_.gather(r, line);
      const float* from = rows_.gather ? line : rows_.data + r * rows_.stride;
      if (precision_ == Precision::bf16)
        kernels().to_bf16(from, to, in_);
      else
        kernels().to_u8(from, to, in_, scales_ + slot, offsets_ + slot);
    }
  }
  float* line() { return line_; }

  /// `count` rows from `slot` on, which are rows `row` on of the source.
  RowBlock block(int64_t slot, int64_t row, int64_t count) const {
    if (direct()) {
      const bool half = rows_.halves != nullptr;
      const auto* from = half ? reinterpret_cast<const Word*>(rows_.halves) : reinterpret_cast<const Word*>(rows_.data);
      const auto layout =
          rows_.layout != nullptr ? *rows_.layout : RowLayout::matrix(words_, half ? rows_.stride / 2 : rows_.stride);
      return {from, layout, row, nullptr, nullptr, row, count};
    }
    const bool ranges = precision_ == Precision::int8;
    return {words_at_,
            RowLayout::matrix(words_, words_),
            slot,
            ranges ? scales_ + slot : nullptr,
            ranges ? offsets_ + slot : nullptr,
            row,
            count};
  }
  bool direct() const { return (precision_ == Precision::fp32 && !rows_.gather) || rows_.halves != nullptr; }

 private:
  const GemmRows& rows_;
  Precision precision_;
  int64_t in_, words_;
  std::shared_ptr<std::byte> storage_;
  Word* words_at_ = nullptr;
  float *scales_ = nullptr, *offsets_ = nullptr, *line_ = nullptr;
};

}  // namespace sensorium::rt
