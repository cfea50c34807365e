#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"

#include <algorithm>
#include <bit>

namespace sensorium::rt {
namespace {

bool has_lora(const Linear<Tensor>& layer) {
  return layer.lora_a.defined() && layer.lora_b.defined();
}

/// The weight with LoRA's product added, W + scale * B A, in double precision; where it lies, if it has none.
class EffectiveWeight {
 public:
  explicit EffectiveWeight(const Linear<Tensor>& layer) {
    if (!has_lora(layer) && layer.weight.raw() != nullptr) {
      data_ = layer.weight.data();
      return;
    }
    values_ = layer.weight.to_float();
    data_ = values_.data();
    if (has_lora(layer)) merge(layer);
  }
  const float* data() const { return data_; }

 private:
  void merge(const Linear<Tensor>& layer) {
    const int64_t out = layer.weight.size(0), in = layer.weight.size(1), rank = layer.lora_a.size(0);
    require_same({rank, in}, layer.lora_a, "lora", "A");
    require_same({out, rank}, layer.lora_b, "lora", "B");
    const float *a = layer.lora_a.data(), *b = layer.lora_b.data();
    parallel_ranges(out, row_grain(in * rank), [&](int64_t first, int64_t last) {
      for (int64_t o = first; o < last; ++o)
        for (int64_t i = 0; i < in; ++i) {
          double sum = 0;
          for (int64_t r = 0; r < rank; ++r) sum += double{b[o * rank + r]} * double{a[r * in + i]};
          float& w = values_[static_cast<size_t>(o * in + i)];
          w = static_cast<float>(double{w} + double{layer.lora_scale} * sum);
        }
    });
  }

  std::vector<float> values_;
  const float* data_;
};

Shape with_last(Shape shape, int64_t n) {
  shape[shape.rank() - 1] = n;
  return shape;
}

Tensor apply(const Tensor& x, const LayerNorm<Tensor>& norm, const Linear<Tensor>& layer, const Tensor* residual,
             Activation act, DType type = DType::f32) {
  const Shape w = layer.weight.shape();
  require(layer.weight.defined() && w.rank() == 2, "linear", "a weight [out, in]", layer.weight);
  require(x.defined() && x.rank() > 0 && x.size(-1) == w[1], "linear", fmt::format("values of width {}", w[1]).c_str(),
          x);
  if (layer.bias.defined()) require_same({w[0]}, layer.bias, "linear", "a bias");
  Tensor y = Tensor::empty(with_last(x.shape(), w[0]), type);
  if (residual != nullptr) require_same(y.shape(), *residual, "linear", "a residual");
  std::shared_ptr<const Packed> packed = layer.weight.packed();
  if (!packed || packed->out != w[0] || packed->in != w[1])
    packed = pack(EffectiveWeight(layer).data(), w[0], w[1], Precision::fp32);
  GemmEnd end;
  end.bias = data_or_null(layer.bias);
  end.residual = residual != nullptr ? residual->data() : nullptr;
  end.residual_stride = end.out_stride = w[0];
  end.out = y.raw();
  end.half = type == DType::bf16;
  end.act = static_cast<KernelAct>(act);
  if (x.dtype() == DType::bf16 && packed->precision == Precision::bf16 && w[1] % 2 == 0) {
    gemm(rows_of(y), {.stride = w[1], .halves = static_cast<const Half*>(x.raw())}, *packed, end);
    return y;
  }
  if (x.dtype() == DType::bf16) {
    const auto* halves = static_cast<const Half*>(x.raw());
    const auto widen = [&](int64_t row, float* to) {
      for (int64_t i = 0; i < w[1]; ++i) to[i] = std::bit_cast<float>(uint32_t{halves[row * w[1] + i]} << 16);
    };
    gemm(rows_of(y), {.gather = std::cref(widen)}, *packed, end);
    return y;
  }
  const Tensor plain = x.row_major();
  const NormedRows rows(plain, norm);
  gemm(rows_of(y), rows.rows(), *packed, end);
  return y;
}

}  // namespace

void join(std::initializer_list<Linear<Tensor>*> parts, Linear<Tensor>& joined, Precision precision) {
  const int64_t in = (*parts.begin())->weight.size(1);
  int64_t out = 0;
  bool lora = false;
  std::vector<float> weight;
  for (const Linear<Tensor>* part : parts) {
    require(part->weight.size(1) == in, "prepare", "projections of equal width", part->weight);
    const EffectiveWeight w(*part);
    weight.insert(weight.end(), w.data(), w.data() + part->weight.numel());
    out += part->weight.size(0);
    lora = lora || has_lora(*part);
  }
  join(parts, joined, pack(weight.data(), out, in, precision), !lora);
}

void join(std::initializer_list<Linear<Tensor>*> parts, Linear<Tensor>& joined, std::shared_ptr<const Packed> packed,
          bool views) {
  const bool bias = std::any_of(parts.begin(), parts.end(), [](const auto* part) { return part->bias.defined(); });
  joined = {};
  joined.weight = Tensor::of_packed({packed->out, packed->in}, packed);
  if (bias) joined.bias = Tensor::zeros({packed->out});
  int64_t row = 0;
  for (Linear<Tensor>* part : parts) {
    const int64_t rows = part->weight.size(0);
    if (part->bias.defined()) std::copy_n(part->bias.data(), rows, joined.bias.mutable_data() + row);
    if (views) part->weight = Tensor::of_packed({rows, packed->in}, packed, row);
    row += rows;
  }
}

void prepare(Linear<Tensor>& layer, Precision precision) {
  if (!layer.weight.defined()) return;
  const int64_t out = layer.weight.size(0), in = layer.weight.size(1);
  const auto packed = pack(EffectiveWeight(layer).data(), out, in, precision);
  if (has_lora(layer))
    layer.weight.set_packed(packed);
  else
    layer.weight = Tensor::of_packed({out, in}, packed);
}

void prepare(Linear<Tensor>& layer) {
  prepare(layer, precision());
}

Tensor project(const Tensor& x, const LayerNorm<Tensor>& norm, const Linear<Tensor>& layer, Precision precision,
               Activation act) {
  return apply(x, norm, layer, nullptr, act, precision == Precision::bf16 ? DType::bf16 : DType::f32);
}

Tensor linear(const Tensor& x, const Linear<Tensor>& layer, Activation act) {
  return apply(x, {}, layer, nullptr, act);
}

Tensor add_linear(const Tensor& residual, const Tensor& x, const Linear<Tensor>& layer) {
  return apply(x, {}, layer, &residual, Activation::none);
}

}  // namespace sensorium::rt
