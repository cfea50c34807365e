// The kernels around the products of Winograd's convolution (winograd.h), single-threaded. Included after tiles_body.h
// by each source of an instruction set.

namespace sensorium::rt {
namespace {

template <class E>
void winograd_input_as(const E* const* pixels, int64_t channels, E* out, int64_t stride) {
  for (int64_t c = 0; c < channels; c += kW) {
    V t[4][4];
#pragma GCC unroll 4
    for (int x = 0; x < 4; ++x) {
      const V a = load(pixels[x] + c), b = load(pixels[4 + x] + c), d = load(pixels[8 + x] + c),
              e = load(pixels[12 + x] + c);
      t[0][x] = a - d;
      t[1][x] = b + d;
      t[2][x] = d - b;
      t[3][x] = b - e;
    }
#pragma GCC unroll 4
    for (int y = 0; y < 4; ++y) {
      E* to = out + 4 * y * stride + c;
      store(to, t[y][0] - t[y][2]);
      store(to + stride, t[y][1] + t[y][2]);
      store(to + 2 * stride, t[y][2] - t[y][1]);
      store(to + 3 * stride, t[y][1] - t[y][3]);
    }
  }
}

void winograd_input(const void* const* pixels, int64_t channels, bool half, void* out, int64_t stride) {
  if (half)
    winograd_input_as(reinterpret_cast<const Half* const*>(pixels), channels, static_cast<Half*>(out), stride);
  else
    winograd_input_as(reinterpret_cast<const float* const*>(pixels), channels, static_cast<float*>(out), stride);
}

void winograd_output(const Word* sums, int64_t stride, Word* out) {
  const auto* from = reinterpret_cast<const float*>(sums);
  auto* to = reinterpret_cast<float*>(out);
  for (int64_t c = 0; c < kPanel; c += kW) {
    V t[2][4];
#pragma GCC unroll 4
    for (int x = 0; x < 4; ++x) {
      const float* p = from + x * stride + c;
      const V a = load(p), b = load(p + 4 * stride), d = load(p + 8 * stride), e = load(p + 12 * stride);
      t[0][x] = a + b + d;
      t[1][x] = b - d - e;
    }
#pragma GCC unroll 2
    for (int y = 0; y < 2; ++y) {
      store(to + 2 * y * kPanel + c, t[y][0] + t[y][1] + t[y][2]);
      store(to + (2 * y + 1) * kPanel + c, t[y][1] - t[y][2] - t[y][3]);
    }
  }
}

}  // namespace
}  // namespace sensorium::rt
