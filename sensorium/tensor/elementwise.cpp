// Normalisation over the last dimension, elementwise ops, and the logits.

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"

#include <cmath>

namespace sensorium::rt {
namespace {

void check_norm(const Tensor& x, const LayerNorm<Tensor>& layer) {
  require(x.defined() && x.rank() > 0, "layer_norm", "values of at least one dimension", x);
  require_same({x.size(-1)}, layer.weight, "layer_norm", "a weight");
  if (layer.bias.defined()) require_same({x.size(-1)}, layer.bias, "layer_norm", "a bias");
}

Tensor normalise(const Tensor& x, const Tensor* residual, const LayerNorm<Tensor>& layer) {
  check_norm(x, layer);
  const int64_t d = x.size(-1);
  if (residual != nullptr) require_same(x.shape(), *residual, "layer_norm", "a residual");
  Tensor out = Tensor::empty(x.shape());
  const float *from = x.data(), *added = residual != nullptr ? residual->data() : nullptr;
  const float *weight = layer.weight.data(), *bias = data_or_null(layer.bias);
  float* to = out.mutable_data();
  parallel_ranges(rows_of(x), row_grain(d), [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r)
      kernels().layer_norm(from + r * d, added != nullptr ? added + r * d : nullptr, weight, bias, layer.epsilon,
                           to + r * d, d);
  });
  return out;
}

}  // namespace

NormedRows::NormedRows(const Tensor& x, const LayerNorm<Tensor>& norm) : x_(x.data()), width_(x.size(-1)), norm_(norm) {
  if (norm.weight.defined()) check_norm(x, norm);
}

GemmRows NormedRows::rows() const {
  GemmRows rows{x_, width_};
  if (norm_.weight.defined()) rows.gather = std::cref(*this);
  return rows;
}

void NormedRows::operator()(int64_t row, float* to) const {
  kernels().layer_norm(x_ + row * width_, nullptr, norm_.weight.data(), data_or_null(norm_.bias), norm_.epsilon, to,
                       width_);
}

Tensor layer_norm(const Tensor& x, const LayerNorm<Tensor>& layer) {
  return normalise(x, nullptr, layer);
}

Tensor add_layer_norm(const Tensor& x, const Tensor& residual, const LayerNorm<Tensor>& layer) {
  return normalise(x, &residual, layer);
}

Tensor activation(const Tensor& x, Activation act) {
  require(x.defined(), "activation", "a tensor", x);
  Tensor out = Tensor::empty(x.shape(), x.dtype(), x.layout());
  const float* from = x.data();
  float* to = out.mutable_data();
  parallel_ranges(x.numel(), 16384, [&](int64_t first, int64_t last) {
    kernels().activate(from + first, to + first, last - first, static_cast<KernelAct>(act));
  });
  return out;
}

Tensor add(const Tensor& a, const Tensor& b) {
  require(a.defined(), "add", "a tensor", a);
  require_same(a.shape(), b, "add", "a tensor");
  if (a.layout() != b.layout()) return add(a.row_major(), b.row_major());
  Tensor out = Tensor::empty(a.shape(), a.dtype(), a.layout());
  const float *left = a.data(), *right = b.data();
  float* to = out.mutable_data();
  parallel_ranges(a.numel(), 16384, [&](int64_t first, int64_t last) {
    kernels().add(left + first, right + first, to + first, last - first);
  });
  return out;
}

Tensor l2_normalize(const Tensor& x, float epsilon) {
  require(x.defined() && x.rank() > 0, "l2_normalize", "values of at least one dimension", x);
  const int64_t d = x.size(-1);
  Tensor out = Tensor::empty(x.shape());
  const float* from = x.data();
  float* to = out.mutable_data();
  parallel_ranges(rows_of(x), row_grain(d), [&](int64_t first, int64_t last) {
    for (int64_t r = first; r < last; ++r) {
      const double length = std::sqrt(kernels().sum_of_squares(from + r * d, d));
      const double inverse = 1 / (length < double{epsilon} ? double{epsilon} : length);
      for (int64_t i = r * d; i < (r + 1) * d; ++i) to[i] = static_cast<float>(double{from[i]} * inverse);
    }
  });
  return out;
}

Tensor similarity(const Tensor& a, const Tensor& b, const Tensor& logit_scale, const Tensor& logit_bias) {
  require(a.defined() && a.rank() == 2, "similarity", "embeds [N, P]", a);
  require(b.defined() && b.rank() == 2 && b.size(1) == a.size(1), "similarity",
          fmt::format("embeds [M, {}]", a.size(1)).c_str(), b);
  require(logit_scale.defined() && logit_scale.numel() == 1, "similarity", "one logit scale", logit_scale);
  const double scale = std::exp(double{*logit_scale.data()});
  const double bias = logit_bias.defined() ? double{*logit_bias.data()} : 0.0;
  Tensor out = linear(a, Linear<Tensor>{b, {}, {}, {}, 0});
  float* to = out.mutable_data();
  parallel_ranges(out.numel(), 16384, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) to[i] = static_cast<float>(double{to[i]} * scale + bias);
  });
  return out;
}

}  // namespace sensorium::rt
