// Convolution with its batch normalisation folded in, on channels-last pictures, and patch embedding: both are matrix
// products, whose rows are gathered as they are needed.

#include "sensorium/tensor/gemm.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"

#include <cmath>
#include <cstring>

namespace sensorium::rt {
namespace {

struct Geometry {
  int64_t batch, in, height, width, out, kernel, stride, padding;
  int64_t extent(int64_t n) const { return (n + 2 * padding - kernel) / stride + 1; }
};

void check_weights(const Conv2d<Tensor>& conv, const char* op) {
  const Tensor& w = conv.weight;
  require(w.defined() && w.rank() == 4 && w.size(2) == w.size(3) && w.size(2) > 0, op, "a weight [out, in, k, k]", w);
  if (conv.bias.defined()) require_same({w.size(0)}, conv.bias, op, "a bias");
  if (conv.stride < 1 || conv.padding < 0)
    throw InputError(op, "expected a stride of at least 1 and a padding of at least 0, got {} and {}", conv.stride,
                     conv.padding);
}

/// y = gamma (conv(x) + b - mean) / sqrt(var + epsilon) + beta as one convolution, computed in double precision, its
/// weight as a matrix [out, kernel * kernel * in]: so a picture's channels, which lie together, stay together.
std::shared_ptr<const Packed> fold(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm, Precision precision) {
  check_weights(conv, "conv_norm");
  const int64_t out = conv.weight.size(0), in = conv.weight.size(1), area = conv.weight.size(2) * conv.weight.size(2);
  for (const Tensor* t : {&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var})
    require_same({out}, *t, "conv_norm", "a normalisation tensor");
  const float* w = conv.weight.data();
  std::vector<float> folded(static_cast<size_t>(out * in * area));
  Tensor bias = Tensor::empty({out});
  for (int64_t o = 0; o < out; ++o) {
    const double scale =
        double{norm.weight.data()[o]} / std::sqrt(double{norm.running_var.data()[o]} + double{norm.epsilon});
    const double before = conv.bias.defined() ? double{conv.bias.data()[o]} : 0.0;
    bias.mutable_data()[o] =
        static_cast<float>(double{norm.bias.data()[o]} + (before - double{norm.running_mean.data()[o]}) * scale);
    for (int64_t i = 0; i < in; ++i)
      for (int64_t at = 0; at < area; ++at)
        folded[static_cast<size_t>((o * area + at) * in + i)] =
            static_cast<float>(double{w[(o * in + i) * area + at]} * scale);
  }
  auto packed = pack(folded.data(), out, in * area, precision);
  packed->bias = bias;
  return packed;
}

/// What one output pixel sees of a channels-last picture, zeros around it: [kernel, kernel, in].
void gather_pixel(const float* picture, const Geometry& g, int64_t pixel, float* to) {
  const int64_t columns = g.extent(g.width), row = g.kernel * g.in;
  const int64_t y0 = pixel / columns * g.stride - g.padding, x0 = pixel % columns * g.stride - g.padding;
  const int64_t left = std::clamp<int64_t>(-x0, 0, g.kernel);
  const int64_t right = std::clamp<int64_t>(g.width - x0, left, g.kernel);
  for (int64_t y = y0; y < y0 + g.kernel; ++y, to += row) {
    if (y < 0 || y >= g.height) {
      std::fill_n(to, row, 0.f);
      continue;
    }
    std::fill_n(to, left * g.in, 0.f);
    std::memcpy(to + left * g.in, picture + (y * g.width + x0 + left) * g.in,
                static_cast<size_t>((right - left) * g.in) * sizeof(float));
    std::fill_n(to + right * g.in, (g.kernel - right) * g.in, 0.f);
  }
}

Tensor apply(const Tensor& x, const Tensor* residual, const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm,
             Activation act) {
  check_weights(conv, "conv_norm");
  require(x.defined() && x.rank() == 4 && x.size(1) == conv.weight.size(1), "conv_norm",
          fmt::format("pictures [B, {}, H, W]", conv.weight.size(1)).c_str(), x);
  const Geometry g{x.size(0),           x.size(1),           x.size(2),   x.size(3),
                   conv.weight.size(0), conv.weight.size(2), conv.stride, conv.padding};
  require(std::min(g.height, g.width) + 2 * g.padding >= g.kernel, "conv_norm",
          fmt::format("pictures of at least {} pixels a side", g.kernel - 2 * g.padding).c_str(), x);
  const Shape shape{g.batch, g.out, g.extent(g.height), g.extent(g.width)};
  if (residual != nullptr) require_same(shape, *residual, "conv_norm_add", "a residual");
  Tensor y = Tensor::empty(shape, DType::f32, Layout::channels_last);
  if (y.numel() == 0) return y;
  const auto packed = conv.weight.packed() ? conv.weight.packed() : fold(conv, norm, Precision::fp32);
  const Tensor source = x.channels_last(), added = residual != nullptr ? residual->channels_last() : Tensor();
  const int64_t pixels = shape[2] * shape[3], picture = g.height * g.width * g.in;
  const auto gather = [&](int64_t row, float* to) {
    gather_pixel(source.data() + row / pixels * picture, g, row % pixels, to);
  };
  GemmRows rows{source.data(), g.in};
  if (g.kernel > 1 || g.stride > 1 || g.padding > 0) rows.gather = std::ref(gather);
  GemmEnd end;
  end.bias = packed->bias.data();
  end.residual = added.defined() ? added.data() : nullptr;
  end.residual_stride = end.out_stride = g.out;
  end.out = y.mutable_data();
  end.act = static_cast<KernelAct>(act);
  gemm(g.batch * pixels, rows, *packed, end);
  return y;
}

/// Patch `index` of row-major pictures [B,C,H,W] as [C, p, p].
void gather_patch(const Tensor& pixels, int64_t p, int64_t index, float* to) {
  const int64_t channels = pixels.size(1), height = pixels.size(2), width = pixels.size(3);
  const int64_t rows = height / p, columns = width / p, y = index / columns % rows * p, x = index % columns * p;
  const float* picture = pixels.data() + index / (rows * columns) * channels * height * width;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < p; ++i, to += p)
      std::memcpy(to, picture + (c * height + y + i) * width + x, static_cast<size_t>(p) * sizeof(float));
}

std::shared_ptr<const Packed> pack_patches(const Conv2d<Tensor>& conv, Precision precision) {
  const int64_t out = conv.weight.size(0);
  return pack(conv.weight.to_float().data(), out, conv.weight.numel() / std::max<int64_t>(1, out), precision);
}

}  // namespace

void prepare(Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm) {
  if (conv.weight.defined()) conv.weight.set_packed(fold(conv, norm, precision()));
}

void prepare_patches(Conv2d<Tensor>& conv) {
  if (!conv.weight.defined()) return;
  check_weights(conv, "patch_embed");
  conv.weight = Tensor::of_packed(conv.weight.shape(), pack_patches(conv, precision()));
}

Tensor conv_norm(const Tensor& x, const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm, Activation act) {
  return apply(x, nullptr, conv, norm, act);
}

Tensor conv_norm_add(const Tensor& residual, const Tensor& x, const Conv2d<Tensor>& conv,
                     const BatchNorm2d<Tensor>& norm, Activation act) {
  return apply(x, &residual, conv, norm, act);
}

Tensor patch_embed(const Tensor& pixels, const Conv2d<Tensor>& conv) {
  check_weights(conv, "patch_embed");
  const int64_t p = conv.weight.size(2);
  if (conv.stride != p || conv.padding != 0)
    throw InputError("patch_embed", "expected a stride of {} and no padding, got {} and {}", p, conv.stride,
                     conv.padding);
  require(pixels.defined() && pixels.rank() == 4 && pixels.size(1) == conv.weight.size(1) && pixels.size(2) >= p &&
              pixels.size(3) >= p,
          "patch_embed",
          fmt::format("pictures [B, {}, H, W] of at least {} pixels a side", conv.weight.size(1), p).c_str(), pixels);
  const auto packed = conv.weight.packed() ? conv.weight.packed() : pack_patches(conv, Precision::fp32);
  const Tensor plain = pixels.row_major();
  Tensor y = Tensor::empty({pixels.size(0), (pixels.size(2) / p) * (pixels.size(3) / p), conv.weight.size(0)});
  const auto gather = [&](int64_t row, float* to) { gather_patch(plain, p, row, to); };
  GemmEnd end;
  end.bias = data_or_null(conv.bias);
  end.out = y.raw();
  end.out_stride = conv.weight.size(0);
  gemm(rows_of(y), {.gather = std::cref(gather)}, *packed, end);
  return y;
}

}  // namespace sensorium::rt
