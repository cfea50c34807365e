// Included by one source for each instruction set, inside a namespace of its own, after kWidth (doubles a vector),
// kRows and kVectors (the tile of multiply, in registers), kTerms and kSpan (that of add_outer) are named.

using Vec = double __attribute__((vector_size(kWidth * sizeof(double)), aligned(8)));

inline Vec load(const double* at) {
  return *reinterpret_cast<const Vec*>(at);
}

inline void store(double* at, Vec v) {
  *reinterpret_cast<Vec*>(at) = v;
}

template <int R, int G>
void multiply_tile(const double* x, Index ldx, Index p, const double* b, Index width, double* out) {
  Vec sum[R][G] = {};
  for (Index j = 0; j < p; ++j) {
    Vec row[G];
    for (int g = 0; g < G; ++g) row[g] = load(b + j * width + g * kWidth);
    for (int r = 0; r < R; ++r)
      for (int g = 0; g < G; ++g) sum[r][g] += x[r * ldx + j] * row[g];
  }
  for (int r = 0; r < R; ++r)
    for (int g = 0; g < G; ++g) store(out + r * width + g * kWidth, sum[r][g]);
}

template <int G>
void multiply_columns(const double* x, Index ldx, Index rows, Index p, const double* b, Index width, double* out) {
  Index r = 0;
  for (; r + kRows <= rows; r += kRows) multiply_tile<kRows, G>(x + r * ldx, ldx, p, b, width, out + r * width);
  for (; r < rows; ++r) multiply_tile<1, G>(x + r * ldx, ldx, p, b, width, out + r * width);
}

void multiply(const double* x, Index ldx, Index rows, Index p, const double* b, Index width, double* out) {
  Index c = 0;
  for (; c + kVectors * kWidth <= width; c += kVectors * kWidth)
    multiply_columns<kVectors>(x, ldx, rows, p, b + c, width, out + c);
  for (; c < width; c += kWidth) multiply_columns<1>(x, ldx, rows, p, b + c, width, out + c);
}

template <int T, int V>
void outer_tile(const double* x, Index ldx, Index rows, Index p, const double* w, Index width, double* sum) {
  Vec total[T][V];
  for (int t = 0; t < T; ++t)
    for (int v = 0; v < V; ++v) total[t][v] = load(sum + t * p + v * kWidth);
  for (Index r = 0; r < rows; ++r) {
    Vec row[V];
    for (int v = 0; v < V; ++v) row[v] = load(x + r * ldx + v * kWidth);
    for (int t = 0; t < T; ++t)
      for (int v = 0; v < V; ++v) total[t][v] += w[r * width + t] * row[v];
  }
  for (int t = 0; t < T; ++t)
    for (int v = 0; v < V; ++v) store(sum + t * p + v * kWidth, total[t][v]);
}

template <int V>
void outer_span(const double* x, Index ldx, Index rows, Index p, const double* w, Index width, double* sum) {
  Index t = 0;
  for (; t + kTerms <= width; t += kTerms) outer_tile<kTerms, V>(x, ldx, rows, p, w + t, width, sum + t * p);
  for (; t < width; t += 4) outer_tile<4, V>(x, ldx, rows, p, w + t, width, sum + t * p);
}

void add_outer(const double* x, Index ldx, Index rows, Index p, const double* w, Index width, double* sum) {
  Index j = 0;
  for (; j + kSpan * kWidth <= p; j += kSpan * kWidth) outer_span<kSpan>(x + j, ldx, rows, p, w, width, sum + j);
  for (; j + kWidth <= p; j += kWidth) outer_span<1>(x + j, ldx, rows, p, w, width, sum + j);
  for (; j < p; ++j)
    for (Index t = 0; t < width; ++t) {
      double total = sum[t * p + j];
      for (Index r = 0; r < rows; ++r) total += w[r * width + t] * x[r * ldx + j];
      sum[t * p + j] = total;
    }
}
