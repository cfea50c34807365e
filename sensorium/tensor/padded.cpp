#include "sensorium/tensor/padded.h"

#include "sensorium/tensor/kernels.h"
#include "sensorium/tensor/runtime.h"

#include <cstring>

namespace sensorium::rt {
namespace {

/// Line y of picture b of x as values [width, in]; `scratch` where it does not lie so.
const float* line_of(const Tensor& x, const Geometry& g, int64_t b, int64_t y, float* scratch) {
  if (x.layout() == Layout::channels_last) return x.data() + (b * g.height + y) * g.width * g.in;
  int64_t at = (b * g.in * g.height + y) * g.width;
  for (int64_t c = 0; c < g.in; ++c, at += g.height * g.width)
    if (x.dtype() == DType::u8) {
      const float* values = x.pixel_table().values[static_cast<size_t>(c)].data();
      for (int64_t i = 0; i < g.width; ++i) scratch[i * g.in + c] = values[x.pixels()[at + i]];
    } else {
      for (int64_t i = 0; i < g.width; ++i) scratch[i * g.in + c] = x.data()[at + i];
    }
  return scratch;
}

}  // namespace

Padded::Padded(const Tensor& x, const Geometry& g, bool halves) : half(halves) {
  const int64_t values = (g.width + 2 * g.padding) * g.in;
  lines = g.height + 2 * g.padding;
  pitch = half ? round_up(values, 2) : values;
  const DType dtype = half ? DType::bf16 : DType::f32;
  if (g.padding == 0 && x.dtype() == dtype && x.layout() == Layout::channels_last && pitch == g.width * g.in &&
      lines == g.height)
    memory = x;
  else
    copy(x.dtype() == DType::bf16 && !half ? x.to_f32() : x, g, dtype);
}

/// The last windows may read beyond the last line (what they multiply by 0, or is not kept).
void Padded::copy(const Tensor& x, const Geometry& g, DType dtype) {
  memory = Tensor::empty({g.batch * lines * pitch + 1 + kGroup * g.in}, dtype);
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

}  // namespace sensorium::rt
