// The inner step of the tile kernels: sums += words * word, by the best instruction there is. Included after
// vector_math.h by each source of an instruction set.

namespace sensorium::rt {
namespace {

typedef I IAnywhere __attribute__((aligned(4), may_alias));

INLINE I load_words(const Word* p) {
  return *reinterpret_cast<const IAnywhere*>(p);
}
INLINE I all_words(Word x) {
  return I{} + static_cast<int32_t>(x);
}

struct MacFp32 {
  typedef V Sum;
  INLINE Sum step(Sum sum, I b, I x) { return sum + reinterpret_cast<V>(x) * reinterpret_cast<V>(b); }
};

struct MacBf16 {
  typedef V Sum;
  INLINE Sum step(Sum sum, I b, I x) {
#if defined(__AVX512BF16__) && SENSORIUM_VECTOR_WIDTH == 16
    return reinterpret_cast<V>(
        _mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), reinterpret_cast<__m512bh>(b), reinterpret_cast<__m512bh>(x)));
#else
    const I high = I{} + static_cast<int32_t>(0xffff0000u);
    sum += reinterpret_cast<V>(b << 16) * reinterpret_cast<V>(x << 16);
    return sum + reinterpret_cast<V>(b & high) * reinterpret_cast<V>(x & high);
#endif
  }
};

/// Unsigned bytes of x by signed bytes of b. No step saturates.
struct MacInt8 {
  typedef I Sum;
#if defined(__AVX512VNNI__) && SENSORIUM_VECTOR_WIDTH == 16
  INLINE Sum step(Sum sum, I b, I x) {
    return reinterpret_cast<I>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(x),
                                                   reinterpret_cast<__m512i>(b)));
  }
#elif defined(__x86_64__)
  INLINE I pairs(I a, I b) {
#if SENSORIUM_VECTOR_WIDTH == 16
    return reinterpret_cast<I>(_mm512_madd_epi16(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif SENSORIUM_VECTOR_WIDTH == 8
    return reinterpret_cast<I>(_mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#else
    return reinterpret_cast<I>(_mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#endif
  }
  typedef int16_t H __attribute__((vector_size(kW * 4)));
  INLINE Sum step(Sum sum, I b, I x) {
    const I low = I{} + 0x00ff00ff;
    const H halves = reinterpret_cast<H>(b), wide = reinterpret_cast<H>(x);
    const I even = reinterpret_cast<I>((halves << 8) >> 8), odd = reinterpret_cast<I>(halves >> 8);
    const I x_odd = reinterpret_cast<I>(wide >> 8) & low;
    return sum + pairs(even, x & low) + pairs(odd, x_odd);
  }
#else
  INLINE Sum step(Sum sum, I b, I x) {
    for (int i = 0; i < 4; ++i) sum += ((b << (24 - 8 * i)) >> 24) * ((x >> (8 * i)) & 255);
    return sum;
  }
#endif
};

}  // namespace
}  // namespace sensorium::rt
