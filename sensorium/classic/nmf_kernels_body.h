// Included by one source for each instruction set, inside a namespace of its own, after kWidth (doubles a vector),
// kRows and kVectors (the tile of multiply, in registers), kTerms and kSpan (that of add_outer) are named.

using Vec = double __attribute__((vector_size(kWidth * sizeof(double)), aligned(8)));

constexpr Index kPanel = kSpan * kWidth;    // columns that lie together
constexpr Index kPanels = kStrip / kPanel;  // that are multiplied at a time
static_assert(kStrip % kPanel == 0);

inline Vec load(const double* at) {
  return *reinterpret_cast<const Vec*>(at);
}

inline void store(double* at, Vec v) {
  *reinterpret_cast<Vec*>(at) = v;
}

/// Columns [first, first + kStrip) of X as panels of (rows x kPanel); zeros beyond p. Asks for the strip after it.
void pack_strip(const double* x, Index ldx, Index rows, Index p, Index first, double* out) {
  for (Index r = 0; r < rows; ++r) {
    const double* from = x + r * ldx + first;
    for (Index j = kStrip; j < 2 * kStrip && first + j < p; j += 8) __builtin_prefetch(from + j);
    for (Index panel = 0; panel < kPanels; ++panel) {
      double* to = out + (panel * rows + r) * kPanel;
      const Index left = p - first - panel * kPanel;
      if (left >= kPanel)
        for (Index v = 0; v < kSpan; ++v) store(to + v * kWidth, load(from + panel * kPanel + v * kWidth));
      else
        for (Index j = 0; j < kPanel; ++j) to[j] = j < left ? from[panel * kPanel + j] : 0;
    }
  }
}

/// out (R x G vectors) += R rows of a strip by its part of B.
template <int R, int G>
void multiply_tile(const double* x, Index rows, const double* b, Index width, double* out) {
  Vec sum[R][G];
  for (int r = 0; r < R; ++r)
    for (int g = 0; g < G; ++g) sum[r][g] = load(out + r * width + g * kWidth);
  for (Index panel = 0; panel < kPanels; ++panel, x += rows * kPanel)
    for (Index j = 0; j < kPanel; ++j, b += width) {
      Vec row[G];
      for (int g = 0; g < G; ++g) row[g] = load(b + g * kWidth);
      for (int r = 0; r < R; ++r)
        for (int g = 0; g < G; ++g) sum[r][g] += x[r * kPanel + j] * row[g];
    }
  for (int r = 0; r < R; ++r)
    for (int g = 0; g < G; ++g) store(out + r * width + g * kWidth, sum[r][g]);
}

template <int G>
void multiply_columns(const double* x, Index rows, const double* b, Index width, double* out) {
  Index r = 0;
  for (; r + kRows <= rows; r += kRows) multiply_tile<kRows, G>(x + r * kPanel, rows, b, width, out + r * width);
  for (; r < rows; ++r) multiply_tile<1, G>(x + r * kPanel, rows, b, width, out + r * width);
}

void multiply(const double* x, Index ldx, Index rows, Index p, const double* b, Index width, double* out,
              double* packed) {
  for (Index i = 0; i < rows * width; ++i) out[i] = 0;
  for (Index first = 0; first < p; first += kStrip) {
    double* strip = packed + first * rows;
    pack_strip(x, ldx, rows, p, first, strip);
    Index c = 0;
    for (; c + kVectors * kWidth <= width; c += kVectors * kWidth)
      multiply_columns<kVectors>(strip, rows, b + first * width + c, width, out + c);
    for (; c < width; c += kWidth) multiply_columns<1>(strip, rows, b + first * width + c, width, out + c);
  }
}

/// sum (T x kPanel) += W' X for T columns of W and one panel.
template <int T>
void outer_tile(const double* x, Index rows, const double* w, Index width, double* sum, Index columns) {
  Vec total[T][kSpan];
  for (int t = 0; t < T; ++t)
    for (int v = 0; v < kSpan; ++v) total[t][v] = load(sum + t * columns + v * kWidth);
  for (Index r = 0; r < rows; ++r) {
    Vec row[kSpan];
    for (int v = 0; v < kSpan; ++v) row[v] = load(x + r * kPanel + v * kWidth);
    for (int t = 0; t < T; ++t)
      for (int v = 0; v < kSpan; ++v) total[t][v] += w[r * width + t] * row[v];
  }
  for (int t = 0; t < T; ++t)
    for (int v = 0; v < kSpan; ++v) store(sum + t * columns + v * kWidth, total[t][v]);
}

void add_outer(const double* packed, Index rows, Index columns, const double* w, Index width, double* sum) {
  for (Index j = 0; j < columns; j += kPanel, packed += rows * kPanel) {
    Index t = 0;
    for (; t + kTerms <= width; t += kTerms)
      outer_tile<kTerms>(packed, rows, w + t, width, sum + t * columns + j, columns);
    for (; t < width; t += 4) outer_tile<4>(packed, rows, w + t, width, sum + t * columns + j, columns);
  }
}
