// The kernels of matrix products (the note in kernels.h says how both sides lie), single-threaded. Included after
// finish_body.h by each source of an instruction set.

namespace sensorium::rt {
namespace {

constexpr int kVectors = kW == 16 ? 4 : 2;

/// kRows x kVectors * kW sums, which the registers hold.
template <class Mac, int kRows>
INLINE void tile_of(const TileLeft& left, const Word* b, const Ahead& ahead, bool more, Word* sums,
                    const TileEnd* end) {
  typedef typename Mac::Sum Sum;
  typedef Sum SumAnywhere __attribute__((aligned(4), may_alias));
  // A line for each word: all columns of a word lie together or fill one at most.
  constexpr int64_t kLine = kVectors * kW == kPanel ? kGroup : kPanel, kLines = kVectors * kW == kPanel ? 4 : 1;
  const int64_t lines = ahead.words * kLines;
  Sum sum[kRows][kVectors] = {};
  if (more) {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sum[r][v] = *reinterpret_cast<const SumAnywhere*>(sums + r * kPanel + v * kW);
  }
  if (end != nullptr) fetch(kRows, kVectors * kW, *end);
  int64_t line = 0;
  for (int64_t run = left.span.run; run < left.span.run + left.span.count; ++run) {
    const Word* x[kRows];
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) x[r] = left.rows[r] + run * left.stride + left.span.word;
    for (int64_t w = 0; w < left.span.words; ++w, ++line, b += kPanel) {
      I row[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) row[v] = load_words(b + v * kW);
      __builtin_prefetch(ahead.at + (line < lines ? line : 0) * kLine, 0, 2);
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r) {
        const I word = all_words(x[r][w]);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sum[r][v] = Mac::step(sum[r][v], row[v], word);
      }
    }
  }
  if (end != nullptr) return end->half ? finish_registers<Half>(sum, *end) : finish_registers<float>(sum, *end);
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) *reinterpret_cast<SumAnywhere*>(sums + r * kPanel + v * kW) = sum[r][v];
}

constexpr int64_t kVectorRows = 6;

template <class Mac>
void tile(int64_t rows, const TileLeft& left, const Word* b, const Ahead& ahead, bool more, Word* sums,
          const TileEnd* end) {
  switch (rows) {
    case 1:
      return tile_of<Mac, 1>(left, b, ahead, more, sums, end);
    case 2:
      return tile_of<Mac, 2>(left, b, ahead, more, sums, end);
    case 3:
      return tile_of<Mac, 3>(left, b, ahead, more, sums, end);
    case 4:
      return tile_of<Mac, 4>(left, b, ahead, more, sums, end);
    case 5:
      return tile_of<Mac, 5>(left, b, ahead, more, sums, end);
    default:
      return tile_of<Mac, kVectorRows>(left, b, ahead, more, sums, end);
  }
}

template <class Mac>
constexpr TileKernel kVectorTile = {kVectorRows, kVectors* kW, true, nullptr, nullptr, nullptr, tile<Mac>};

void to_bf16(const float* x, Word* out, int64_t n) {
  auto* to = reinterpret_cast<Half*>(out);
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(to + i, load(x + i));
  if (i < n) store_some(to + i, load_some(x + i, n - i, 0), n - i);
  if (n % 2 != 0) to[n] = 0;
}

void interleave(const Half* a, const Half* b, Word* out, int64_t n) {
  int64_t i = 0;
  for (; i + kW <= n; i += kW) {
    const U low = __builtin_convertvector(*reinterpret_cast<const HalvesAnywhere*>(a + i), U);
    const U high =
        b != nullptr ? __builtin_convertvector(*reinterpret_cast<const HalvesAnywhere*>(b + i), U) << 16 : U{};
    *reinterpret_cast<IAnywhere*>(out + i) = reinterpret_cast<I>(low | high);
  }
  for (; i < n; ++i) out[i] = a[i] | (b != nullptr ? static_cast<Word>(b[i]) << 16 : 0);
}

INLINE float largest_of(V v) {
  float x = v[0];
  for (int l = 1; l < kW; ++l) x = v[l] > x ? v[l] : x;
  return x;
}

void to_u8(const float* x, Word* out, int64_t n, float* scale, float* offset) {
  V high = all(x[0]), low = high, odd{};
  int64_t i = 0;
  for (; i + kW <= n; i += kW) {
    const V v = load(x + i);
    high = max(high, v);
    low = v < low ? v : low;
    odd += v - v;  // NaN where v is one, or infinite
  }
  float top = largest_of(high), bottom = -largest_of(-low), bad = 0;
  for (int l = 0; l < kW; ++l) bad += odd[l];
  for (; i < n; ++i) {
    top = x[i] > top ? x[i] : top;
    bottom = x[i] < bottom ? x[i] : bottom;
    bad += x[i] - x[i];
  }
  *scale = (top - bottom) / 255;
  *offset = bottom + bad;
  const float inverse = top > bottom && bad == 0 ? 255 / (top - bottom) : 0;
  auto* bytes = reinterpret_cast<unsigned char*>(out);
  typedef uint8_t Bytes __attribute__((vector_size(kW)));
  typedef Bytes BytesAnywhere __attribute__((aligned(1), may_alias));
  const V shifter = all(12582912.f);  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  for (i = 0; i + kW <= n; i += kW) {
    const I u = reinterpret_cast<I>((load(x + i) - bottom) * inverse + shifter) & 0x1ff;
    *reinterpret_cast<BytesAnywhere*>(bytes + i) = __builtin_convertvector(u > 255 ? I{} + 255 : u, Bytes);
  }
  for (; i < n; ++i) {
    const int u = static_cast<int>((bad == 0 ? x[i] - bottom : 0) * inverse + 0.5f);
    bytes[i] = static_cast<unsigned char>(u > 255 ? 255 : u);
  }
  for (; i % 4 != 0; ++i) bytes[i] = 0;
}

/// Rearranges kW vectors so that element j of vector i becomes element i of vector j: log2(kW) perfect shuffles.
INLINE void transpose(I v[kW]) {
  for (int step = 1; step < kW; step *= 2) {
    I next[kW];
#pragma GCC unroll 16
    for (int i = 0; i < kW / 2; ++i) {
      const I a = v[i], b = v[i + kW / 2];
#if SENSORIUM_VECTOR_WIDTH == 16
      next[2 * i] = SHUFFLE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] = SHUFFLE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif SENSORIUM_VECTOR_WIDTH == 8
      next[2 * i] = SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      next[2 * i + 1] = SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
      next[2 * i] = SHUFFLE(a, b, 0, 4, 1, 5);
      next[2 * i + 1] = SHUFFLE(a, b, 2, 6, 3, 7);
#endif
    }
#pragma GCC unroll 16
    for (int i = 0; i < kW; ++i) v[i] = next[i];
  }
}

void turn(const Word* in, int64_t stride, int64_t rows, int64_t columns, Word* out) {
  const int64_t whole_rows = rows - rows % kW, whole_columns = columns - columns % kW;
  for (int64_t r = 0; r < whole_rows; r += kW)
    for (int64_t c = 0; c < whole_columns; c += kW) {
      I v[kW];
      for (int i = 0; i < kW; ++i) v[i] = load_words(in + (r + i) * stride + c);
      transpose(v);
      for (int i = 0; i < kW; ++i) *reinterpret_cast<IAnywhere*>(out + (c + i) * kPanel + r) = v[i];
    }
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = c < whole_columns ? whole_rows : 0; r < rows; ++r) out[c * kPanel + r] = in[r * stride + c];
    for (int64_t r = rows; r < kPanel; ++r) out[c * kPanel + r] = 0;
  }
}

template <class E>
void raise_as(E* out, const E* x, int64_t n) {
  const auto larger = [](V a, V b) INLINE_LAMBDA { return b <= a ? a : (a != a ? a : b); };
  int64_t i = 0;
  for (; i + kW <= n; i += kW) store(out + i, larger(load(out + i), load(x + i)));
  if (i < n) store_some(out + i, larger(load_some(out + i, n - i, 0), load_some(x + i, n - i, 0)), n - i);
}

void raise(void* out, const void* x, int64_t n, bool half) {
  if (half)
    raise_as(static_cast<Half*>(out), static_cast<const Half*>(x), n);
  else
    raise_as(static_cast<float*>(out), static_cast<const float*>(x), n);
}

}  // namespace

}  // namespace sensorium::rt
