#include "sensorium/classic/products.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/classic/blas.h"

#include <atomic>

namespace sensorium::classic {
namespace {

constexpr Index kTile = 192;          // edge of a tile of a result
constexpr Index kRowBlock = 512;      // rows of A a task of a product takes
constexpr Index kSumBlock = 1 << 14;  // rows that one task of a short result sums over
constexpr double kSmall = 1 << 18;    // multiplications under which threads do not pay

std::atomic<int> threads_setting{0};

Index blocks(Index n, Index step) {
  return (n + step - 1) / step;
}

/// One tile of A' B, summed over `rows` rows from `first`.
void tile_of_sum(const Matrix& a, const Matrix& b, Index first, Index rows, Index i, Index j, double* out, Index ldc) {
  const Index p = std::min(kTile, a.cols() - i), q = std::min(kTile, b.cols() - j);
  blas::gemm(true, false, p, q, rows, 1, a.data() + first * a.cols() + i, a.cols(), b.data() + first * b.cols() + j,
             b.cols(), 0, out, ldc);
}

/// A' B where the result is too small to share out: each task sums over its rows, and the sums are added in order.
Matrix sum_of_blocks(const Matrix& a, const Matrix& b) {
  const Index count = blocks(a.rows(), kSumBlock);
  std::vector<Matrix> parts(static_cast<size_t>(count));
  parallel_for(parts.size(), num_threads(), [&](size_t t) {
    const Index first = static_cast<Index>(t) * kSumBlock;
    parts[t].resize(a.cols(), b.cols());
    blas::gemm(true, false, a.cols(), b.cols(), std::min(kSumBlock, a.rows() - first), 1, a.data() + first * a.cols(),
               a.cols(), b.data() + first * b.cols(), b.cols(), 0, parts[t].data(), b.cols());
  });
  Matrix sum = Matrix::Zero(a.cols(), b.cols());
  for (const Matrix& part : parts) sum += part;
  return sum;
}

Matrix product(const Matrix& a, const Matrix& b, bool transpose_b) {
  const Index n = transpose_b ? b.rows() : b.cols();
  SENSORIUM_ASSERT(a.cols() == (transpose_b ? b.cols() : b.rows()));
  Matrix out(a.rows(), n);
  const bool wide = a.rows() < 2 * kRowBlock && n > a.rows();
  const auto piece = [&](Index row, Index rows, Index column, Index columns) {
    const double* right = b.data() + (transpose_b ? column * b.cols() : column);
    blas::gemm(false, transpose_b, rows, columns, a.cols(), 1, a.data() + row * a.cols(), a.cols(), right, b.cols(), 0,
               out.data() + row * n + column, n);
  };
  if (static_cast<double>(a.rows()) * static_cast<double>(n) * static_cast<double>(a.cols()) < kSmall)
    piece(0, a.rows(), 0, n);
  else if (wide)
    for_blocks(n, kTile, [&](Index first, Index count) { piece(0, a.rows(), first, count); });
  else
    for_blocks(a.rows(), kRowBlock, [&](Index first, Index count) { piece(first, count, 0, n); });
  return out;
}

}  // namespace

void set_num_threads(int threads) {
  threads_setting = threads;
}

int num_threads() {
  return threads_setting > 0 ? threads_setting.load() : available_processors();
}

void for_blocks(Index n, Index step, const std::function<void(Index, Index)>& body) {
  parallel_for(static_cast<size_t>(blocks(n, step)), num_threads(), [&](size_t t) {
    const Index first = static_cast<Index>(t) * step;
    body(first, std::min(step, n - first));
  });
}

Matrix multiply(const Matrix& a, const Matrix& b) {
  return product(a, b, false);
}

Matrix multiply_by_transposed(const Matrix& a, const Matrix& b) {
  return product(a, b, true);
}

Matrix multiply_transposed(const Matrix& a, const Matrix& b) {
  SENSORIUM_ASSERT(a.rows() == b.rows());
  const Index down = blocks(a.cols(), kTile), across = blocks(b.cols(), kTile);
  if (down * across < 4) return sum_of_blocks(a, b);
  Matrix out(a.cols(), b.cols());
  for_blocks(down * across, 1, [&](Index t, Index) {
    const Index i = t / across * kTile, j = t % across * kTile;
    tile_of_sum(a, b, 0, a.rows(), i, j, out.data() + i * out.cols() + j, out.cols());
  });
  return out;
}

void add_gram(const double* a, Index rows, Matrix& out) {
  const Index p = out.cols(), edge = blocks(p, kTile);
  std::vector<std::pair<Index, Index>> tiles;
  for (Index i = 0; i < edge; ++i)
    for (Index j = i; j < edge; ++j) tiles.push_back({i * kTile, j * kTile});
  parallel_for(tiles.size(), num_threads(), [&](size_t t) {
    const auto [i, j] = tiles[t];
    blas::gemm(true, false, std::min(kTile, p - i), std::min(kTile, p - j), rows, 1, a + i, p, a + j, p, 1,
               out.data() + i * p + j, p);
  });
}

void mirror_upper(Matrix& m) {
  m.triangularView<Eigen::StrictlyLower>() = m.transpose();
}

Matrix gram(const Matrix& a) {
  Matrix out;
  if (a.cols() <= kTile) {
    out = sum_of_blocks(a, a);
  } else {
    out = Matrix::Zero(a.cols(), a.cols());
    add_gram(a.data(), a.rows(), out);
  }
  mirror_upper(out);
  return out;
}

}  // namespace sensorium::classic
