#pragma once
// Inside the room: packed matrices.

#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/ops.h"

#include <initializer_list>
#include <memory>

namespace sensorium::rt {

/// Makes `joined` [sum of out, in] of layers of one input, packed, LoRA merged. The parts without LoRA keep their
/// weights as views of it.
void join(std::initializer_list<Linear<Tensor>*> parts, Linear<Tensor>& joined, Precision precision);

/// The same of a matrix that is packed already, whose rows are the parts' in their order; `views`: the parts' weights
/// become views of it.
void join(std::initializer_list<Linear<Tensor>*> parts, Linear<Tensor>& joined, std::shared_ptr<const Packed> packed,
          bool views);

/// The rows of x, of width D, normalised as they are taken where `norm` has a weight. Both must outlive it.
class NormedRows {
 public:
  NormedRows(const Tensor& x, const LayerNorm<Tensor>& norm);
  GemmRows rows() const;
  void operator()(int64_t row, float* to) const;

 private:
  const float* x_;
  int64_t width_;
  const LayerNorm<Tensor>& norm_;
};

/// linear(layer_norm(x)), or linear(x) where `norm` has no weight; rounded to bfloat16 where `precision` is that, for
/// what multiplies it next.
Tensor project(const Tensor& x, const LayerNorm<Tensor>& norm, const Linear<Tensor>& layer, Precision precision,
               Activation act = Activation::none);

inline const float* data_or_null(const Tensor& x) {
  return x.defined() ? x.data() : nullptr;
}

}  // namespace sensorium::rt
