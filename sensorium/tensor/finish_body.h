// What becomes of sums (TileEnd in kernels.h), single-threaded, and bfloat16 in memory. Included after
// multiply_accumulate.h by each source of an instruction set.

namespace sensorium::rt {
namespace {

/// The upper halves of the words are the values rounded to nearest even; a NaN stays one.
INLINE I round_to_bf16(V x) {
  const I bits = reinterpret_cast<I>(x);
  const I rounded = bits + 0x7fff + ((bits >> 16) & 1);
  return x != x ? (bits | 0x00400000) : rounded;
}

typedef uint16_t Halves __attribute__((vector_size(kW * 2)));
typedef Halves HalvesAnywhere __attribute__((aligned(2), may_alias));
typedef uint32_t U __attribute__((vector_size(kW * 4)));

INLINE V load(const Half* p) {
  return reinterpret_cast<V>(__builtin_convertvector(*reinterpret_cast<const HalvesAnywhere*>(p), U) << 16);
}
/// Stores as bfloat16; the instruction for it takes what is below the least normal number as 0.
INLINE Halves halves_of(V v) {
#if defined(__AVX512BF16__) && SENSORIUM_VECTOR_WIDTH == 16
  return reinterpret_cast<Halves>(_mm512_cvtneps_pbh(reinterpret_cast<__m512>(v)));
#else
  return __builtin_convertvector(reinterpret_cast<U>(round_to_bf16(v)) >> 16, Halves);
#endif
}
INLINE void store(Half* p, V v) {
  *reinterpret_cast<HalvesAnywhere*>(p) = halves_of(v);
}
INLINE V load_some(const Half* p, int64_t n, float) {
  Halves v{};
#if SENSORIUM_VECTOR_WIDTH == 16
  v = reinterpret_cast<Halves>(_mm256_maskz_loadu_epi16(static_cast<__mmask16>((1u << n) - 1), p));
#else
  for (int64_t i = 0; i < n; ++i) v[i] = p[i];
#endif
  return load(reinterpret_cast<const Half*>(&v));
}
INLINE void store_some(Half* p, V v, int64_t n) {
  const Halves high = halves_of(v);
#if SENSORIUM_VECTOR_WIDTH == 16
  _mm256_mask_storeu_epi16(p, static_cast<__mmask16>((1u << n) - 1), reinterpret_cast<__m256i>(high));
#else
  for (int64_t i = 0; i < n; ++i) p[i] = high[i];
#endif
}

/// One vector of sums before the activation; kInteger: the sums are int32.
template <bool kInteger, class Out, class Load>
INLINE V scaled_and_added(I sums, V scale, V offset, const TileEnd& e, const Out* residual, Load at) {
  V y;
  if constexpr (kInteger)
    y = __builtin_convertvector(sums, V) * (scale * at(e.column_scales)) + offset * at(e.column_sums);
  else
    y = reinterpret_cast<V>(sums) * scale;
  if (e.bias != nullptr) y += at(e.bias);
  if (residual != nullptr) y += at(residual);
  return y;
}

/// Where row r of a tile begins, and what its sums are multiplied with.
template <bool kInteger, class Out>
struct RowEnd {
  V scale, offset;
  const Out* residual;
  Out* out;
  INLINE_LAMBDA RowEnd(const TileEnd& e, int64_t r)
      : scale(all(e.row_scales != nullptr ? e.row_scales[r] : 1)),
        offset(all(kInteger ? e.row_offsets[r] : 0)),
        residual(e.residual != nullptr ? static_cast<const Out*>(e.residual) + r * e.residual_stride : nullptr),
        out(static_cast<Out*>(e.out) + r * e.out_stride) {}
};

template <bool kInteger, KernelAct kAct, class Out>
__attribute__((noinline)) void finish_as(const Word* sums, int64_t rows, int64_t columns, const TileEnd& e) {
  for (int64_t r = 0; r < rows; ++r, sums += kPanel) {
    const RowEnd<kInteger, Out> row(e, r);
    const auto finished = [&](int64_t c, auto at) INLINE_LAMBDA {
      return act_of<kAct>(scaled_and_added<kInteger>(load_words(sums + c), row.scale, row.offset, e, row.residual, at));
    };
    int64_t c = 0;
    for (; c + kW <= columns; c += kW)
      store(row.out + c, finished(c, [&](const auto* p) INLINE_LAMBDA { return load(p + c); }));
    if (c < columns)
      store_some(row.out + c,
                 finished(c, [&](const auto* p) INLINE_LAMBDA { return load_some(p + c, columns - c, 0); }),
                 columns - c);
  }
}

template <bool kInteger, class Out>
void finish_sums(const Word* sums, int64_t rows, int64_t columns, const TileEnd& e) {
  switch (e.act) {
    case KernelAct::none:
      return finish_as<kInteger, KernelAct::none, Out>(sums, rows, columns, e);
    case KernelAct::relu:
      return finish_as<kInteger, KernelAct::relu, Out>(sums, rows, columns, e);
    case KernelAct::gelu:
      return finish_as<kInteger, KernelAct::gelu, Out>(sums, rows, columns, e);
    case KernelAct::quick_gelu:
      return finish_as<kInteger, KernelAct::quick_gelu, Out>(sums, rows, columns, e);
    case KernelAct::gelu_tanh:
      return finish_as<kInteger, KernelAct::gelu_tanh, Out>(sums, rows, columns, e);
    case KernelAct::tanh:
      return finish_as<kInteger, KernelAct::tanh, Out>(sums, rows, columns, e);
  }
}

void finish(Precision precision, const Word* sums, int64_t rows, int64_t columns, const TileEnd& e) {
  if (precision == Precision::int8)
    return e.half ? finish_sums<true, Half>(sums, rows, columns, e) : finish_sums<true, float>(sums, rows, columns, e);
  return e.half ? finish_sums<false, Half>(sums, rows, columns, e) : finish_sums<false, float>(sums, rows, columns, e);
}

/// Brings near what a tile's end reads and writes.
INLINE void fetch(int64_t rows, int64_t columns, const TileEnd& e) {
  const int64_t size = e.half ? 2 : 4;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t at = 0; at < columns * size; at += 64) {
      if (e.residual != nullptr)
        __builtin_prefetch(static_cast<const char*>(e.residual) + r * e.residual_stride * size + at, 0, 3);
      __builtin_prefetch(static_cast<const char*>(e.out) + r * e.out_stride * size + at, 1, 3);
    }
}

/// A whole tile whose sums are in registers, with an activation of none or relu: as `finish`, to the bit.
template <class Out, class Sum, int kRows, int kVectors>
INLINE void finish_registers(const Sum (&sum)[kRows][kVectors], const TileEnd& e) {
  constexpr bool kInteger = __is_same(Sum, I);
  const V low = all(e.act == KernelAct::relu ? 0 : -__builtin_inff());
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    const RowEnd<kInteger, Out> row(e, r);
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const int64_t c = v * kW;
      const V y = scaled_and_added<kInteger>(reinterpret_cast<I>(sum[r][v]), row.scale, row.offset, e, row.residual,
                                             [&](const auto* p) INLINE_LAMBDA { return load(p + c); });
      store(row.out + c, low > y ? low : y);
    }
  }
}

}  // namespace
}  // namespace sensorium::rt
