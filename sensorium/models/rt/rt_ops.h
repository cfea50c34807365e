#pragma once
// rt::Tensor as the models' tensor type.

#include "sensorium/tensor/ops.h"
#include "sensorium/tensor/traits.h"

namespace sensorium {

namespace rt {
/// [B,T,D] -> [B,1,D].
inline Tensor first_token(const Tensor& x) {
  const std::vector<int64_t> first(static_cast<size_t>(x.size(0)), 0);
  return select_tokens(x, first).reshape({x.size(0), 1, x.size(2)});
}
}  // namespace rt

template <>
struct TensorTraits<rt::Tensor> {
  static rt::Tensor from_float(const float* data, const std::vector<int64_t>& shape) {
    return rt::Tensor::from_float(data, shape);
  }
  static rt::Tensor from_file(const float* data, const std::vector<int64_t>& shape, std::shared_ptr<const void> owner) {
    return rt::Tensor::borrow(data, shape, std::move(owner));
  }
  static rt::Tensor from_pixels(const uint8_t* bytes, const std::vector<int64_t>& shape, const PixelTable& table) {
    return rt::Tensor::of_pixels(bytes, shape, table);
  }
  static rt::Tensor only_shape(const std::vector<int64_t>& shape) { return rt::Tensor::of_packed(shape, nullptr); }
  static std::vector<float> to_float(const rt::Tensor& x) { return x.to_float(); }
  static std::vector<int64_t> shape(const rt::Tensor& x) { return x.shape().vector(); }
};

}  // namespace sensorium
