// Convolution with its batch normalisation folded in, on channels-last pictures, and patch embedding: both are matrix
// products, whose rows are what each output pixel sees, read in place where they can be.

#include "sensorium/tensor/conv_weight.h"
#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/matrix.h"
#include "sensorium/tensor/runtime.h"
#include "sensorium/tensor/winograd.h"

#include <cstring>

namespace sensorium::rt {
namespace {

/// The rows of the product, one for each output pixel, read in place.
RowLayout windows(const Geometry& g, const Padded& x, int64_t run) {
  const int64_t each = x.half ? 2 : 1, columns = g.extent(g.width), lines = g.extent(g.height);
  return {{g.kernel, run / each, x.pitch / each},
          g.stride * g.in / each,
          columns,
          g.stride * x.pitch / each,
          lines,
          x.lines * x.pitch / each};
}

/// Which rows are output pixels, where all pixels of the padded lines up to the last output pixel's are rows.
Kept kept_of(const Geometry& g) {
  const int64_t width = g.extent(g.width), lines = g.extent(g.height), pitch = g.width + 2 * g.padding;
  return {round_up((lines - 1) * pitch + width, kGroup), pitch, width, lines};
}

/// Whether such rows are worth it: lying evenly they need no copies where kernels take groups, which would cost more
/// than the products that are not kept.
bool flat_suits(const Geometry& g, const Padded& x, const RowLayout& layout, const Kept& kept, Precision precision) {
  return tile_kernel(precision).grouped() && x.half && g.stride == 1 && g.padding > 0 && g.kernel > 1 &&
         layout.runs.words % kGroup == 0 && 3 * kept.rows <= 4 * kept.width * kept.lines;
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
  const auto packed = conv.weight.packed() ? conv.weight.packed() : fold(conv, norm, Precision::fp32);
  const bool half = packed->precision == Precision::bf16 && (residual == nullptr || residual->dtype() == DType::bf16);
  Tensor y = Tensor::empty(shape, half ? DType::bf16 : DType::f32, Layout::channels_last);
  if (y.numel() == 0) return y;
  Tensor added;
  if (residual != nullptr) added = half ? *residual : residual->to_f32().channels_last();
  GemmEnd end;
  end.bias = packed->bias.data();
  end.residual = added.raw();
  end.residual_stride = end.out_stride = g.out;
  end.out = y.raw();
  end.half = half;
  end.act = static_cast<KernelAct>(act);
  const bool halves = reads_halves(conv, packed->precision);
  if (is_winograd(conv, *packed)) {
    Geometry plain = g;
    plain.padding = 0;  // which is left to the patches
    winograd(Padded(x, plain, halves), g, *packed, end);
    return y;
  }
  const bool points = g.kernel == 1 && g.stride == 1 && g.padding == 0;  // rows are the pixels, as they are
  const int64_t pixels = g.batch * shape[2] * shape[3], run = run_of(conv, packed->precision);
  if (points && !(halves && x.dtype() == DType::bf16)) {
    const Tensor source = x.to_f32().channels_last();
    gemm(pixels, {.data = source.data(), .stride = g.in}, *packed, end);
    return y;
  }
  const Padded source(x, g, halves);
  const RowLayout layout = windows(g, source, run);
  GemmRows rows;
  const auto gather = [&](int64_t row, float* to) {
    const float* from = source.memory.data() + row / layout.columns / layout.lines * layout.picture_stride +
                        row / layout.columns % layout.lines * layout.line_stride +
                        row % layout.columns * layout.column_stride;
    for (int64_t k = 0; k < g.kernel; ++k, from += source.pitch, to += run) std::copy_n(from, run, to);
  };
  if (halves)
    rows.halves = static_cast<const Half*>(source.memory.raw());
  else
    rows.data = source.memory.data();
  if (halves || packed->precision == Precision::fp32)
    rows.layout = &layout;
  else
    rows.gather = std::cref(gather);
  const Kept kept = kept_of(g);
  const RowLayout evenly{layout.runs, layout.column_stride, kept.rows, 0, 1, layout.picture_stride};
  const bool flat = flat_suits(g, source, layout, kept, packed->precision);
  if (flat) {
    rows.layout = &evenly;
    end.kept = &kept;
  }
  gemm(flat ? g.batch * kept.rows : pixels, rows, *packed, end);
  return y;
}

/// Patch `index` of row-major pictures [B,C,H,W] as values [C, p, p].
void gather_patch(const Tensor& pixels, int64_t p, int64_t index, float* to) {
  const int64_t channels = pixels.size(1), height = pixels.size(2), width = pixels.size(3);
  const int64_t rows = height / p, columns = width / p, y = index / columns % rows * p, x = index % columns * p;
  const int64_t start = index / (rows * columns) * channels * height * width;
  const bool bytes = pixels.dtype() == DType::u8;
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < p; ++i, to += p) {
      const int64_t at = start + (c * height + y + i) * width + x;
      if (bytes)
        pixels.pixel_table().look_up(static_cast<size_t>(c), pixels.pixels() + at, static_cast<size_t>(p), to);
      else
        std::memcpy(to, pixels.data() + at, static_cast<size_t>(p) * sizeof(float));
    }
}

/// bf16 instead of int8 for windows of few values, where the processor multiplies that: a sixth of what a ResNet-50's
/// features lose is of such layers, for 5 to 6 % of its speed.
Precision suited(const Conv2d<Tensor>& conv, Precision precision) {
  constexpr int64_t kFew = 64;
  const bool few = conv.weight.numel() <= kFew * conv.weight.size(0);
  return precision == Precision::int8 && few && has_fast_bf16() ? Precision::bf16 : precision;
}

std::shared_ptr<const Packed> pack_patches(const Conv2d<Tensor>& conv, Precision precision) {
  const int64_t out = conv.weight.size(0);
  return pack(conv.weight.to_float().data(), out, conv.weight.numel() / std::max<int64_t>(1, out), precision);
}

}  // namespace

Precision prepare(Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm) {
  if (!conv.weight.defined()) return precision();
  const Precision chosen = suited(conv, precision());
  conv.weight.set_packed(fold(conv, norm, chosen));
  return chosen;
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
