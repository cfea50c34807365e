#include "sensorium/tensor/conv_weight.h"

#include "sensorium/tensor/runtime.h"
#include "sensorium/tensor/winograd.h"

#include <cmath>

namespace sensorium::rt {
namespace {

/// What a convolution with its normalisation is as one convolution, y = scale (w * x) + bias, of
/// y = gamma (w * x + b - mean) / sqrt(var + epsilon) + beta: computed in double precision, [out] each.
struct Folded {
  std::vector<double> scales;
  Tensor bias;
};

Folded factors(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm) {
  const int64_t out = conv.weight.size(0);
  for (const Tensor* t : {&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var})
    require_same({out}, *t, "conv_norm", "a normalisation tensor");
  Folded f{std::vector<double>(static_cast<size_t>(out)), Tensor::empty({out})};
  for (int64_t o = 0; o < out; ++o) {
    const double scale =
        double{norm.weight.data()[o]} / std::sqrt(double{norm.running_var.data()[o]} + double{norm.epsilon});
    const double before = conv.bias.defined() ? double{conv.bias.data()[o]} : 0.0;
    f.scales[static_cast<size_t>(o)] = scale;
    f.bias.mutable_data()[o] =
        static_cast<float>(double{norm.bias.data()[o]} + (before - double{norm.running_mean.data()[o]}) * scale);
  }
  return f;
}

/// The weight as a matrix [out, kernel * run], where a run is what a window's line holds, kernel * in and perhaps a
/// zero: so a picture's channels, which lie together, stay together.
std::shared_ptr<Packed> pack_windows(const Conv2d<Tensor>& conv, const std::vector<double>& scales,
                                     Precision precision) {
  const int64_t out = conv.weight.size(0), in = conv.weight.size(1), k = conv.weight.size(2);
  const int64_t area = k * k, run = run_of(conv, precision);
  const float* w = conv.weight.data();
  std::vector<float> matrix(static_cast<size_t>(out * k * run));
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t at = 0; at < area; ++at)
        matrix[static_cast<size_t>((o * k + at / k) * run + at % k * in + i)] =
            static_cast<float>(double{w[(o * in + i) * area + at]} * scales[static_cast<size_t>(o)]);
  return pack(matrix.data(), out, k * run, precision);
}

}  // namespace

void check_weights(const Conv2d<Tensor>& conv, const char* op) {
  const Tensor& w = conv.weight;
  require(w.defined() && w.rank() == 4 && w.size(2) == w.size(3) && w.size(2) > 0, op, "a weight [out, in, k, k]", w);
  if (conv.bias.defined()) require_same({w.size(0)}, conv.bias, op, "a bias");
  if (conv.stride < 1 || conv.padding < 0)
    throw InputError(op, "expected a stride of at least 1 and a padding of at least 0, got {} and {}", conv.stride,
                     conv.padding);
}

bool reads_halves(const Conv2d<Tensor>& conv, Precision precision) {
  return precision == Precision::bf16 && conv.stride * conv.weight.size(1) % 2 == 0;
}

int64_t run_of(const Conv2d<Tensor>& conv, Precision precision) {
  const int64_t run = conv.weight.size(1) * conv.weight.size(2);
  return reads_halves(conv, precision) ? round_up(run, 2) : run;
}

std::shared_ptr<const Packed> fold(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm, Precision precision) {
  check_weights(conv, "conv_norm");
  const Folded f = factors(conv, norm);
  auto packed = winograd_suits(conv, precision) ? winograd_pack(conv.weight, f.scales, precision)
                                                : pack_windows(conv, f.scales, precision);
  packed->bias = f.bias;
  return packed;
}

Tensor folded_bias(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm) {
  return factors(conv, norm).bias;
}

PackedSize packed_size(const Conv2d<Tensor>& conv, Precision precision, bool winograd) {
  const int64_t out = conv.weight.size(0), in = conv.weight.size(1);
  if (winograd) return {kWinogradPositions * out, in};
  return {out, conv.weight.size(2) * run_of(conv, precision)};
}

bool is_winograd(const Conv2d<Tensor>& conv, const Packed& packed) {
  return packed.out != conv.weight.size(0);
}

}  // namespace sensorium::rt
