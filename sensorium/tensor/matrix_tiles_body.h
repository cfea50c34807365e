// Products in AMX's tile registers: 16 rows of 16 words each. A register of the left side by one of a panel's is 16x16
// sums over 16 words in one instruction (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1,
// chapter 18). Four registers hold 32x32 sums, two hold words of the left side, two of the right. Included after
// multiply_accumulate.h by the source of this instruction set.

namespace sensorium::rt {
namespace {

constexpr int64_t kMatrixRows = 2 * kGroup;

/// All registers as 16 rows of 64 bytes.
struct alignas(64) MatrixConfig {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// sums (registers 0 to 3, row by row) += left side (4 above 5) x right side (6 beside 7).
struct Bf16Dots {
  INLINE void top_left() { _tile_dpbf16ps(0, 4, 6); }
  INLINE void top_right() { _tile_dpbf16ps(1, 4, 7); }
  INLINE void bottom_left() { _tile_dpbf16ps(2, 5, 6); }
  INLINE void bottom_right() { _tile_dpbf16ps(3, 5, 7); }
};
/// Unsigned bytes of the left side by signed bytes of the right.
struct Int8Dots {
  INLINE void top_left() { _tile_dpbusd(0, 4, 6); }
  INLINE void top_right() { _tile_dpbusd(1, 4, 7); }
  INLINE void bottom_left() { _tile_dpbusd(2, 5, 6); }
  INLINE void bottom_right() { _tile_dpbusd(3, 5, 7); }
};

/// The compiler does not know that tile instructions read and write memory.
INLINE void memory_barrier() {
  __asm__ volatile("" ::: "memory");
}

/// Two groups of rows or, with kHalf, one, by 32 columns of a panel, `steps` for each run. `last` stands in for the
/// panel's last step.
template <class Dots, bool kHalf>
INLINE void matrix_block(const RowGroup* groups, int64_t runs, int64_t steps, const Word* b, const Word* last,
                         const char* prefetch, int64_t prefetched, Word* sums) {
  constexpr int64_t kPanelBytes = kPanel * 4;
  const int64_t all = runs * steps, each = (prefetched + all - 1) / all * 64;
  const char* const end = prefetch + prefetched * 64;
  const RowGroup &top = groups[0], &bottom = groups[kHalf ? 0 : 1];
  const int64_t top_bytes = top.row * 4, bottom_bytes = bottom.row * 4;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t run = 0; run < runs; ++run) {
    const Word *above = top.at + run * top.run, *below = bottom.at + run * bottom.run;
    for (int64_t s = 0; s < steps; ++s, above += top.step, below += bottom.step, b += kGroup * kPanel) {
      const Word* right = s + 1 == steps && run + 1 == runs ? last : b;
      _tile_loadd(6, right, kPanelBytes);
      _tile_loadd(4, above, top_bytes);
      Dots::top_left();
      _tile_loadd(7, right + kGroup, kPanelBytes);
      Dots::top_right();
      if constexpr (!kHalf) {
        _tile_loadd(5, below, bottom_bytes);
        Dots::bottom_left();
        Dots::bottom_right();
      }
      for (const char* to = prefetch + each < end ? prefetch + each : end; prefetch < to; prefetch += 64)
        __builtin_prefetch(prefetch, 0, 2);
    }
  }
  _tile_stored(0, sums, kPanelBytes);
  _tile_stored(1, sums + kGroup, kPanelBytes);
  if constexpr (!kHalf) {
    _tile_stored(2, sums + kGroup * kPanel, kPanelBytes);
    _tile_stored(3, sums + kGroup * kPanel + kGroup, kPanelBytes);
  }
}

template <class Dots>
void matrix_tile(int64_t rows, const TileLeft& left, const Word* b, const char* prefetch, int64_t prefetched,
                 Word* sums) {
  const int64_t words = left.runs.count * left.runs.words, rest = words % kGroup;
  // Runs of whole steps, or all in one, which the groups are then.
  const bool whole = left.runs.words % kGroup == 0;
  const int64_t runs = whole ? left.runs.count : 1, steps = ((whole ? left.runs.words : words) + kGroup - 1) / kGroup;
  const Word* last = b + (runs * steps - 1) * kGroup * kPanel;
  alignas(64) Word filled[kGroup * kPanel];
  if (rest != 0) {
    __builtin_memcpy(filled, last, static_cast<unsigned long>(rest * kPanel) * sizeof(Word));
    __builtin_memset(filled + rest * kPanel, 0, static_cast<unsigned long>((kGroup - rest) * kPanel) * sizeof(Word));
    last = filled;
  }
  memory_barrier();
  for (int64_t c = 0; c < kPanel; c += kPanel / 2) {
    const int64_t lines = c == 0 ? prefetched / 2 : prefetched - prefetched / 2;
    if (rows > kGroup)
      matrix_block<Dots, false>(left.groups, runs, steps, b + c, last + c, prefetch, lines, sums + c);
    else
      matrix_block<Dots, true>(left.groups, runs, steps, b + c, last + c, prefetch, lines, sums + c);
    prefetch += lines * 64;
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
        if (n == kGroup)
          *reinterpret_cast<IAnywhere*>(place(w)) = load_words(from);
        else
          __builtin_memcpy(place(w), from, static_cast<unsigned long>(n) * sizeof(Word));
        from += n;
        w += n;
      }
    }
    if (w % kGroup != 0) __builtin_memset(place(w), 0, static_cast<unsigned long>(kGroup - w % kGroup) * sizeof(Word));
  }
  return {out, kGroup, kStep, runs.words / kGroup * kStep};
}

template <class Dots>
constexpr TileKernel kMatrixTile = {kMatrixRows, matrix_begin, matrix_end, matrix_group, matrix_tile<Dots>};

}  // namespace
}  // namespace sensorium::rt
