// Products in AMX's tile registers: 16 rows of 16 words each. A register of the left side by one of a panel's is 16x16
// sums over 16 words in one instruction (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1,
// chapter 18). Up to three groups of 16 rows by 32 columns of a panel are summed at once. Included after
// multiply_accumulate.h by the source of this instruction set.

namespace sensorium::rt {
namespace {

constexpr int64_t kMatrixRows = 3 * kGroup;

/// All registers as 16 rows of 64 bytes.
struct alignas(64) MatrixConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

// Instructions take registers by literal number, so each sum has a function of its own. Sums 0 to 2 are those of the
// groups at the left columns, 3 to 5 at the right; 6 holds words of the right side, 7 of the left.
#define MATRIX_DOTS(Name, instruction)           \
  struct Name {                                  \
    INLINE void sum0() { instruction(0, 7, 6); } \
    INLINE void sum1() { instruction(1, 7, 6); } \
    INLINE void sum2() { instruction(2, 7, 6); } \
    INLINE void sum3() { instruction(3, 7, 6); } \
    INLINE void sum4() { instruction(4, 7, 6); } \
    INLINE void sum5() { instruction(5, 7, 6); } \
  };
MATRIX_DOTS(Bf16Dots, _tile_dpbf16ps)
/// Unsigned bytes of the left side by signed bytes of the right.
MATRIX_DOTS(Int8Dots, _tile_dpbusd)

/// The compiler does not know that tile instructions read and write memory.
INLINE void memory_barrier() {
  __asm__ volatile("" ::: "memory");
}

/// `kGroups` groups of rows by 32 columns of all words. `last` stands in for the right side's last step.
template <class Dots, int kGroups>
INLINE void matrix_block(const TileLeft& left, const Word* b, const Word* last, const Ahead& ahead, Word* sums) {
  constexpr int64_t kPanelBytes = kPanel * 4, kBelow = kGroup * kPanel;
  const Span& span = left.span;
  const int64_t steps = (span.words + kGroup - 1) / kGroup, all = span.count * steps > 0 ? span.count * steps : 1;
  const int64_t each = (ahead.words + all - 1) / all * kPanel;
  const Word *next = ahead.at, *const end = next + ahead.words * kPanel;
  const RowGroup &g0 = left.groups[0], &g1 = left.groups[kGroups > 1 ? 1 : 0], &g2 = left.groups[kGroups > 2 ? 2 : 0];
  const int64_t row0 = g0.row * 4, row1 = g1.row * 4, row2 = g2.row * 4;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  for (int64_t run = 0; run < span.count; ++run) {
    const Word *a0 = g0.at + run * g0.run, *a1 = g1.at + run * g1.run, *a2 = g2.at + run * g2.run;
    for (int64_t s = 0; s < steps; ++s, a0 += g0.step, a1 += g1.step, a2 += g2.step, b += kGroup * kPanel) {
      const Word* right = s + 1 == steps && run + 1 == span.count ? last : b;
      _tile_loadd(6, right, kPanelBytes);
      _tile_loadd(7, a0, row0);
      Dots::sum0();
      if constexpr (kGroups > 1) {
        _tile_loadd(7, a1, row1);
        Dots::sum1();
      }
      if constexpr (kGroups > 2) {
        _tile_loadd(7, a2, row2);
        Dots::sum2();
      }
      // The right columns, back from the group that is loaded.
      _tile_loadd(6, right + kGroup, kPanelBytes);
      if constexpr (kGroups > 2) {
        Dots::sum5();
        _tile_loadd(7, a1, row1);
      }
      if constexpr (kGroups > 1) {
        Dots::sum4();
        _tile_loadd(7, a0, row0);
      }
      Dots::sum3();
      for (const Word* to = next + each < end ? next + each : end; next < to; next += kPanel)
#pragma GCC unroll 4
        for (int64_t line = 0; line < kPanel; line += kGroup) __builtin_prefetch(next + line, 0, 2);
    }
  }
  _tile_stored(0, sums, kPanelBytes);
  _tile_stored(3, sums + kGroup, kPanelBytes);
  if constexpr (kGroups > 1) {
    _tile_stored(1, sums + kBelow, kPanelBytes);
    _tile_stored(4, sums + kBelow + kGroup, kPanelBytes);
  }
  if constexpr (kGroups > 2) {
    _tile_stored(2, sums + 2 * kBelow, kPanelBytes);
    _tile_stored(5, sums + 2 * kBelow + kGroup, kPanelBytes);
  }
}

template <class Dots>
void matrix_tile(int64_t rows, const TileLeft& left, const Word* b, const Ahead& ahead, bool, Word* sums,
                 const TileEnd*) {
  const int64_t words = left.span.count * left.span.words, rest = words % kGroup;
  const Word* last = b + (words - (rest != 0 ? rest : kGroup)) * kPanel;
  alignas(64) Word filled[kGroup * kPanel];
  if (rest != 0) {  // all is one run then
    __builtin_memcpy(filled, last, static_cast<unsigned long>(rest * kPanel) * sizeof(Word));
    __builtin_memset(filled + rest * kPanel, 0, static_cast<unsigned long>((kGroup - rest) * kPanel) * sizeof(Word));
    last = filled;
  }
  memory_barrier();
  for (int64_t c = 0; c < kPanel; c += kPanel / 2) {
    const int64_t half = c == 0 ? ahead.words / 2 : ahead.words - ahead.words / 2;
    const Ahead part{c == 0 ? ahead.at : ahead.at + ahead.words / 2 * kPanel, half};
    if (rows > 2 * kGroup)
      matrix_block<Dots, 3>(left, b + c, last + c, part, sums + c);
    else if (rows > kGroup)
      matrix_block<Dots, 2>(left, b + c, last + c, part, sums + c);
    else
      matrix_block<Dots, 1>(left, b + c, last + c, part, sums + c);
  }
  memory_barrier();
}

void matrix_begin() {
  const MatrixConfig config;
  memory_barrier();
  _tile_loadconfig(&config);
}
void matrix_end() {
  _tile_release();
}

/// Copied rows lie as [step][16 rows][16 words], the last step filled up with zeros; rows beyond `rows` are undefined.
RowGroup matrix_group(int64_t rows, const Word* const* a, const Runs& runs, bool copy, Word* out) {
  const int64_t stride = rows > 1 ? a[1] - a[0] : 0;
  bool even = !copy && runs.words % kGroup == 0 && rows == kGroup;
  for (int64_t r = 2; even && r < rows; ++r) even = a[r] - a[r - 1] == stride;
  if (even) return {a[0], stride, kGroup, runs.stride};
  constexpr int64_t kStep = kGroup * kGroup;
  for (int64_t r = 0; r < rows; ++r) {
    const auto place = [&](int64_t w) { return out + r * kGroup + w / kGroup * kStep + w % kGroup; };
    int64_t w = 0;
    for (int64_t run = 0; run < runs.count; ++run) {
      const Word* from = a[r] + run * runs.stride;
      for (const Word* end = from + runs.words; from < end;) {
        const int64_t room = kGroup - w % kGroup, left = end - from, n = left < room ? left : room;
        const auto mask = static_cast<__mmask16>((1u << n) - 1);
        _mm512_mask_storeu_epi32(place(w), mask, _mm512_maskz_loadu_epi32(mask, from));
        from += n;
        w += n;
      }
    }
    if (w % kGroup != 0) __builtin_memset(place(w), 0, static_cast<unsigned long>(kGroup - w % kGroup) * sizeof(Word));
  }
  return {out, kGroup, kStep, runs.words / kGroup * kStep};
}

/// Vectors read a panel's words in the order they lie in, which memory gives faster: for one row nothing else counts.
/// Their sums of bytes are exact as these are; those of bf16 would be rounded in another order.
template <class Dots>
constexpr const TileKernel* kAlone = nullptr;
template <>
constexpr const TileKernel* kAlone<Int8Dots> = &kVectorTile<MacInt8>;

template <class Dots>
constexpr TileKernel kMatrixTile = {kMatrixRows,       kPanel,      false, matrix_begin, matrix_end, matrix_group,
                                    matrix_tile<Dots>, kAlone<Dots>};

}  // namespace
}  // namespace sensorium::rt
