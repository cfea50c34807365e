#pragma once
// Inside the room: the projections that heads of attention take their rows from.

#include "sensorium/tensor/attention_head.h"
#include "sensorium/tensor/matrix.h"

namespace sensorium::rt {

/// Token t of batch b is at data + ((b * tokens + t) * stride) * element; heads lie side by side.
struct ProjectedRows {
  const char* data;
  int64_t stride, tokens, element;

  HeadRows head(int64_t b, int64_t token, int64_t column) const {
    return {data + ((b * tokens + token) * stride + column) * element, stride};
  }
};

/// Columns from `column` on of projections [B, T, D].
inline ProjectedRows rows_at(const Tensor& projected, int64_t column) {
  const auto element = static_cast<int64_t>(dtype_size(projected.dtype()));
  return {static_cast<const char*>(projected.raw()) + column * element, projected.size(2), projected.size(1), element};
}

/// What a layer's heads are computed in: bf16 where `projection` is packed in that or in int8 and heads are of even
/// width, else fp32.
inline Precision attention_precision(const Linear<Tensor>& projection, int64_t head_width) {
  const auto& p = projection.weight.packed();
  return p == nullptr || p->precision == Precision::fp32 || head_width % 2 != 0 ? Precision::fp32 : Precision::bf16;
}

/// Whether the layer holds a joined projection of that many columns.
inline bool joins(const SelfAttention<Tensor>& layer, int64_t columns) {
  return layer.packed.weight.defined() && layer.packed.weight.size(0) == columns;
}

}  // namespace sensorium::rt
