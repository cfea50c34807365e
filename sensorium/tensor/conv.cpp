// Convolution with its batch normalisation folded in, by oneDNN on channels-last pictures; patch embedding as a matrix
// product.

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/onednn.h"

#include <cmath>
#include <cstring>

namespace sensorium::rt {
namespace {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;
constexpr auto kF32 = dnnl::memory::data_type::f32;

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

/// y = gamma (conv(x) + b - mean) / sqrt(var + epsilon) + beta as one convolution, computed in double precision.
std::shared_ptr<const Packed> fold(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm) {
  check_weights(conv, "conv_norm");
  const int64_t out = conv.weight.size(0), each = conv.weight.numel() / std::max<int64_t>(1, out);
  for (const Tensor* t : {&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var})
    require_same({out}, *t, "conv_norm", "a normalisation tensor");
  auto packed = std::make_shared<Packed>();
  packed->conv_weight = Tensor::empty(conv.weight.shape());
  packed->conv_bias = Tensor::empty({out});
  const float* w = conv.weight.data();
  float *folded = packed->conv_weight.mutable_data(), *bias = packed->conv_bias.mutable_data();
  for (int64_t o = 0; o < out; ++o) {
    const double scale =
        double{norm.weight.data()[o]} / std::sqrt(double{norm.running_var.data()[o]} + double{norm.epsilon});
    const double before = conv.bias.defined() ? double{conv.bias.data()[o]} : 0.0;
    bias[o] = static_cast<float>(double{norm.bias.data()[o]} + (before - double{norm.running_mean.data()[o]}) * scale);
    for (int64_t i = o * each; i < (o + 1) * each; ++i) folded[i] = static_cast<float>(double{w[i]} * scale);
  }
  return packed;
}

std::shared_ptr<const Primitive> convolution(const Geometry& g, bool residual, Activation act) {
  const PrimitiveKey key{2,
                         g.batch,
                         g.in,
                         g.height,
                         g.width,
                         g.out,
                         g.kernel,
                         g.stride,
                         g.padding,
                         residual,
                         static_cast<int64_t>(act),
                         use_threads()};
  return cached_primitive(key, [&] {
    Primitive p;
    p.source = Desc({g.batch, g.in, g.height, g.width}, kF32, Tag::nhwc);
    p.destination = p.residual = Desc({g.batch, g.out, g.extent(g.height), g.extent(g.width)}, kF32, Tag::nhwc);
    p.bias = Desc({g.out}, kF32, Tag::a);
    dnnl::post_ops ops;
    if (residual) ops.append_binary(dnnl::algorithm::binary_add, p.residual);
    append_activation(ops, act);
    dnnl::primitive_attr attr;
    attr.set_post_ops(ops);
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::convolution_forward::primitive_desc pd(
        engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, p.source,
        Desc({g.out, g.in, g.kernel, g.kernel}, kF32, Tag::any), p.bias, p.destination, {g.stride, g.stride},
        {g.padding, g.padding}, {g.padding, g.padding}, attr);
    p.weights = pd.weights_desc();
    p.scratchpad = pd.scratchpad_desc();
    p.primitive = dnnl::convolution_forward(pd);
    return p;
  });
}

/// The folded weight in layout `desc`, made at its first use.
dnnl::memory blocked_weight(const Packed& packed, const Desc& desc) {
  std::lock_guard lock(packed.mutex);
  for (const auto& b : packed.blocked)
    if (b.memory.get_desc() == desc) return b.memory;
  const Shape& s = packed.conv_weight.shape();
  const Desc plain({s[0], s[1], s[2], s[3]}, kF32, Tag::oihw);
  packed.blocked.push_back(reordered(memory_at(plain, packed.conv_weight.data()), desc));
  return packed.blocked.back().memory;
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
  const auto packed = conv.weight.packed() ? conv.weight.packed() : fold(conv, norm);
  SENSORIUM_ASSERT(packed->conv_weight.defined());
  const auto p = convolution(g, residual != nullptr, act);
  const Tensor source = x.channels_last(), added = residual != nullptr ? residual->channels_last() : Tensor();
  execute(*p, source.data(), blocked_weight(*packed, p->weights), packed->conv_bias.data(),
          added.defined() ? added.data() : nullptr, y.mutable_data());
  if (act != Activation::gelu) return y;
  return activation(y, act);
}

/// [B,C,H,W] -> [B, H/p * W/p, C*p*p].
Tensor patches(const Tensor& pixels, int64_t p) {
  const int64_t batch = pixels.size(0), channels = pixels.size(1), height = pixels.size(2), width = pixels.size(3);
  const int64_t rows = height / p, columns = width / p, each = channels * p * p;
  Tensor out = Tensor::empty({batch, rows * columns, each});
  const float* from = pixels.data();
  float* to = out.mutable_data();
  parallel_ranges(batch * rows, std::max<int64_t>(1, row_grain(columns * each)), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = 0; i < p; ++i) {
          const float* line = from + ((row / rows * channels + c) * height + row % rows * p + i) * width;
          float* target = to + row * columns * each + (c * p + i) * p;
          for (int64_t column = 0; column < columns; ++column)
            std::memcpy(target + column * each, line + column * p, static_cast<size_t>(p) * sizeof(float));
        }
  });
  return out;
}

Tensor as_matrix(const Tensor& weight) {
  return weight.reshape({weight.size(0), weight.numel() / weight.size(0)});
}

}  // namespace

void prepare(Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm) {
  if (conv.weight.defined()) conv.weight.set_packed(fold(conv, norm));
}

void prepare_patches(Conv2d<Tensor>& conv) {
  if (!conv.weight.defined()) return;
  check_weights(conv, "patch_embed");
  conv.weight.set_packed(pack_matrix(as_matrix(conv.weight)));
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
  Linear<Tensor> layer{as_matrix(conv.weight), conv.bias, {}, {}, 0};
  layer.weight.set_packed(conv.weight.packed());
  return linear(patches(pixels.row_major(), p), layer);
}

}  // namespace sensorium::rt
