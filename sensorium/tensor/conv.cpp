// Convolution with its batch normalisation folded in, on channels-last pictures, and patch embedding: both are matrix
// products, whose rows are what each output pixel sees, read in place where they can be.

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

/// Whether a convolution of this precision reads its input as bfloat16 in place: pixels must start at whole words.
bool reads_halves(const Conv2d<Tensor>& conv, Precision precision) {
  return precision == Precision::bf16 && conv.stride * conv.weight.size(1) % 2 == 0;
}

/// Values of a window's line as they stand in the weight and in memory.
int64_t run_of(const Conv2d<Tensor>& conv, Precision precision) {
  const int64_t run = conv.weight.size(1) * conv.weight.size(2);
  return reads_halves(conv, precision) ? round_up(run, 2) : run;
}

/// y = gamma (conv(x) + b - mean) / sqrt(var + epsilon) + beta as one convolution, computed in double precision, its
/// weight as a matrix [out, kernel * run], where a run is what a window's line holds, kernel * in and perhaps a zero:
/// so a picture's channels, which lie together, stay together.
std::shared_ptr<const Packed> fold(const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm, Precision precision) {
  check_weights(conv, "conv_norm");
  const int64_t out = conv.weight.size(0), in = conv.weight.size(1), k = conv.weight.size(2);
  const int64_t area = k * k, run = run_of(conv, precision);
  for (const Tensor* t : {&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var})
    require_same({out}, *t, "conv_norm", "a normalisation tensor");
  const float* w = conv.weight.data();
  std::vector<float> folded(static_cast<size_t>(out * k * run));
  Tensor bias = Tensor::empty({out});
  for (int64_t o = 0; o < out; ++o) {
    const double scale =
        double{norm.weight.data()[o]} / std::sqrt(double{norm.running_var.data()[o]} + double{norm.epsilon});
    const double before = conv.bias.defined() ? double{conv.bias.data()[o]} : 0.0;
    bias.mutable_data()[o] =
        static_cast<float>(double{norm.bias.data()[o]} + (before - double{norm.running_mean.data()[o]}) * scale);
    for (int64_t i = 0; i < in; ++i)
      for (int64_t at = 0; at < area; ++at)
        folded[static_cast<size_t>((o * k + at / k) * run + at % k * in + i)] =
            static_cast<float>(double{w[(o * in + i) * area + at]} * scale);
  }
  auto packed = pack(folded.data(), out, k * run, precision);
  packed->bias = bias;
  return packed;
}

/// Line y of picture b of x as [width, in]; `scratch` where it does not lie so.
const float* line_of(const Tensor& x, const Geometry& g, int64_t b, int64_t y, float* scratch) {
  if (x.layout() == Layout::channels_last) return x.data() + (b * g.height + y) * g.width * g.in;
  const float* from = x.data() + (b * g.in * g.height + y) * g.width;
  for (int64_t c = 0; c < g.in; ++c, from += g.height * g.width)
    for (int64_t i = 0; i < g.width; ++i) scratch[i * g.in + c] = from[i];
  return scratch;
}

/// Pictures as convolutions read them in place: channels-last with their padding around them, float32 or bfloat16, a
/// line each `pitch` values (an even number of bfloat16).
struct Padded {
  Tensor memory;
  bool half = false;
  int64_t pitch = 0, lines = 0;

  Padded(const Tensor& x, const Geometry& g, bool halves) : half(halves), lines(g.height + 2 * g.padding) {
    const int64_t values = (g.width + 2 * g.padding) * g.in;
    pitch = half ? round_up(values, 2) : values;
    const DType dtype = half ? DType::bf16 : DType::f32;
    if (g.padding == 0 && x.dtype() == dtype && x.layout() == Layout::channels_last && pitch == values)
      memory = x;
    else
      copy(x.dtype() == DType::bf16 && !half ? x.to_f32() : x, g, dtype);
  }

 private:
  /// The last window may read a value beyond the last line (and multiply it by 0).
  void copy(const Tensor& x, const Geometry& g, DType dtype) {
    memory = Tensor::empty({g.batch * lines * pitch + 1}, dtype);
    const size_t size = dtype_size(dtype), before = static_cast<size_t>(g.padding * g.in) * size,
                 inner = static_cast<size_t>(g.width * g.in) * size, whole = static_cast<size_t>(pitch) * size;
    auto* to = static_cast<char*>(memory.raw());
    std::memset(to + static_cast<size_t>(g.batch * lines) * whole, 0, size);
    parallel_ranges(g.batch * lines, row_grain(pitch), [&](int64_t first, int64_t last) {
      const auto scratch = pool_allocate(x.layout() == Layout::row_major ? inner / size * sizeof(float) : 0);
      for (int64_t l = first; l < last; ++l) {
        char* line = to + static_cast<size_t>(l) * whole;
        const int64_t b = l / lines, y = l % lines - g.padding;
        if (y < 0 || y >= g.height) {
          std::memset(line, 0, whole);
          continue;
        }
        std::memset(line, 0, before);
        if (x.dtype() == DType::bf16) {
          const auto* from = static_cast<const char*>(x.raw());
          std::memcpy(line + before, from + static_cast<size_t>(b * g.height + y) * inner, inner);
        } else {
          const float* from = line_of(x, g, b, y, reinterpret_cast<float*>(scratch.get()));
          if (half)
            kernels().to_bf16(from, reinterpret_cast<Word*>(line + before), g.width * g.in);
          else
            std::memcpy(line + before, from, inner);
        }
        std::memset(line + before + inner, 0, whole - before - inner);
      }
    });
  }
};

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
  gemm(pixels, rows, *packed, end);
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
