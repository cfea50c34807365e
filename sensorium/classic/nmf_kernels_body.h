// Included by one source for each instruction set, inside a namespace of its own, after kWidth (doubles a vector),
// kRows and kVectors (the tile of sums that stays in registers) are named.

using Vec = double __attribute__((vector_size(kWidth * sizeof(double)), aligned(8)));

constexpr Index kLine = 8;    // doubles that come from memory together
constexpr Index kStrip = 96;  // terms of a sum whose rows of B stay in the first cache
static_assert(kStrip % kLine == 0);

inline Vec load(const double* at) {
  return *reinterpret_cast<const Vec*>(at);
}

inline void store(double* at, Vec v) {
  *reinterpret_cast<Vec*>(at) = v;
}

/// out (R x G vectors) += R rows of A by B, `terms` of each. What is read next is asked for meanwhile: where A's rows
/// lie in memory as they are read, what stands `ahead` of each line, otherwise the line after each.
template <int R, int G>
void add_tile(const Strided& a, Index terms, const double* b, Index width, Index ahead, double* out) {
  Vec sum[R][G];
  for (int r = 0; r < R; ++r)
    for (int g = 0; g < G; ++g) sum[r][g] = load(out + r * width + g * kWidth);
  const auto add = [&](const double* x, const double* from) {
    Vec row[G];
    for (int g = 0; g < G; ++g) row[g] = load(from + g * kWidth);
    for (int r = 0; r < R; ++r)
      for (int g = 0; g < G; ++g) sum[r][g] += x[r * a.down] * row[g];
  };
  for (Index i = 0; i < terms; i += kLine) {
    const double* x = a.at + i * a.across;
    if (a.across == 1)
      for (int r = 0; r < R; ++r) __builtin_prefetch(x + r * a.down + ahead);
    for (Index j = 0, end = i + kLine <= terms ? kLine : terms - i; j < end; ++j) {
      if (a.across != 1) __builtin_prefetch(x + j * a.across + kLine);
      add(x + j * a.across, b + (i + j) * width);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int g = 0; g < G; ++g) store(out + r * width + g * kWidth, sum[r][g]);
}

template <int G>
void add_columns(Strided a, Index rows, Index terms, const double* b, Index width, Index ahead, double* out) {
  Index r = 0;
  for (; r + kRows <= rows; r += kRows, a.at += kRows * a.down, out += kRows * width)
    add_tile<kRows, G>(a, terms, b, width, ahead, out);
  for (; r < rows; ++r, a.at += a.down, out += width) add_tile<1, G>(a, terms, b, width, ahead, out);
}

void add_product(Strided a, Index rows, Index terms, const double* b, Index width, double* out) {
  for (Index first = 0; first < terms; first += kStrip, a.at += kStrip * a.across, b += kStrip * width) {
    const Index count = terms - first < kStrip ? terms - first : kStrip;
    const Index ahead = first + kStrip < terms ? kStrip : rows * a.down - first;  // the next strip, or the next block
    Index c = 0;
    for (; c + kVectors * kWidth <= width; c += kVectors * kWidth)
      add_columns<kVectors>(a, rows, count, b + c, width, ahead, out + c);
    for (; c < width; c += kWidth) add_columns<1>(a, rows, count, b + c, width, ahead, out + c);
  }
}
