// Pooling over channels-last pictures.

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/runtime.h"

#include <cstring>

namespace sensorium::rt {
namespace {

void require_pictures(const Tensor& x, const char* op) {
  require(x.defined() && x.rank() == 4, op, "pictures [B, C, H, W]", x);
}

/// Calls window(out, in_picture, top, left) for every output position; `out` and pixels are rows of C values of x's
/// type, in_picture is counted in pixels.
template <class F>
Tensor windows(const Tensor& x, int64_t kernel, int64_t stride, int64_t padding, const char* op, F&& window) {
  require_pictures(x, op);
  if (kernel < 1 || stride < 1 || padding < 0 || padding > kernel / 2)
    throw InputError(op,
                     "expected kernel and stride of at least 1 and padding of at most kernel / 2, got {}, {} and {}",
                     kernel, stride, padding);
  const int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
  require(std::min(height, width) + 2 * padding >= kernel, op,
          fmt::format("pictures of at least {} pixels a side", kernel - 2 * padding).c_str(), x);
  const int64_t rows = (height + 2 * padding - kernel) / stride + 1,
                columns = (width + 2 * padding - kernel) / stride + 1;
  const Tensor source = x.channels_last();
  Tensor out = Tensor::empty({x.size(0), channels, rows, columns}, x.dtype(), Layout::channels_last);
  const size_t pixel = static_cast<size_t>(channels) * dtype_size(x.dtype());
  const auto* from = static_cast<const char*>(source.raw());
  auto* to = static_cast<char*>(out.raw());
  parallel_ranges(x.size(0) * rows, row_grain(columns * channels * kernel), [&](int64_t first, int64_t last) {
    for (int64_t row = first; row < last; ++row)
      for (int64_t column = 0; column < columns; ++column)
        window(to + static_cast<size_t>(row * columns + column) * pixel,
               from + static_cast<size_t>(row / rows * height * width) * pixel, row % rows * stride - padding,
               column * stride - padding);
  });
  return out;
}

}  // namespace

Tensor max_pool2d(const Tensor& x, int kernel, int stride, int padding) {
  require_pictures(x, "max_pool2d");
  const int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
  const bool half = x.dtype() == DType::bf16;
  const size_t pixel = static_cast<size_t>(channels) * dtype_size(x.dtype());
  return windows(x, kernel, stride, padding, "max_pool2d", [&](char* out, const char* in, int64_t top, int64_t left) {
    const int64_t y0 = std::max<int64_t>(0, top), x0 = std::max<int64_t>(0, left);
    for (int64_t i = y0; i < std::min(height, top + kernel); ++i)
      for (int64_t j = x0; j < std::min(width, left + kernel); ++j) {
        const char* at = in + static_cast<size_t>(i * width + j) * pixel;
        if (i == y0 && j == x0)
          std::memcpy(out, at, pixel);
        else
          kernels().raise(out, at, channels, half);
      }
  });
}

Tensor avg_pool2d(const Tensor& x, int kernel) {
  require_pictures(x, "avg_pool2d");
  const int64_t channels = x.size(1), width = x.size(3);
  const float inverse = 1.f / static_cast<float>(kernel * kernel);
  return windows(x.to_f32(), kernel, kernel, 0, "avg_pool2d",
                 [&](char* y, const char* from, int64_t top, int64_t left) {
                   auto* out = reinterpret_cast<float*>(y);
                   const auto* in = reinterpret_cast<const float*>(from);
                   std::fill_n(out, channels, 0.f);
                   for (int64_t i = top; i < top + kernel; ++i)
                     for (int64_t j = left; j < left + kernel; ++j)
                       kernels().add(out, in + (i * width + j) * channels, out, channels);
                   for (int64_t c = 0; c < channels; ++c) out[c] *= inverse;
                 });
}

Tensor global_avg_pool(const Tensor& x) {
  require_pictures(x, "global_avg_pool");
  const int64_t batch = x.size(0), channels = x.size(1), positions = x.size(2) * x.size(3);
  require(positions > 0, "global_avg_pool", "pictures of at least one pixel", x);
  const Tensor source = x.to_f32().channels_last();
  Tensor out = Tensor::empty({batch, channels});
  const float* from = source.data();
  float* to = out.mutable_data();
  parallel_ranges(batch, row_grain(channels * positions), [&](int64_t first, int64_t last) {
    std::vector<double> sum(static_cast<size_t>(channels));
    for (int64_t b = first; b < last; ++b) {
      std::fill(sum.begin(), sum.end(), 0.0);
      const float* pixel = from + b * positions * channels;
      for (int64_t p = 0; p < positions; ++p, pixel += channels)
        for (int64_t c = 0; c < channels; ++c) sum[static_cast<size_t>(c)] += double{pixel[c]};
      for (int64_t c = 0; c < channels; ++c)
        to[b * channels + c] = static_cast<float>(sum[static_cast<size_t>(c)] / static_cast<double>(positions));
    }
  });
  return out;
}

Tensor flatten_positions(const Tensor& x) {
  require_pictures(x, "flatten_positions");
  return x.to_f32().channels_last().as_positions();
}

}  // namespace sensorium::rt
