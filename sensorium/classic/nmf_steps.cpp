#include "sensorium/classic/nmf_steps.h"

#include "sensorium/classic/blas.h"
#include "sensorium/classic/nmf_kernels.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <numeric>

namespace sensorium::classic {
namespace {

constexpr Index kBlock = 48;        // rows whose values stay in the second cache beside both factors
constexpr Index kColumns = 128;     // columns of H that are updated together
constexpr Index kGroups = 16;       // partial sums that are kept
constexpr double kLeast = 0x1p-23;  // replaces zero denominators, and products below it

void add_share(const Matrix& x, Index first, Index count, const Matrix& wt, Matrix& numerator, Matrix& gram) {
  const Index k = wt.rows(), n = wt.cols(), p = x.cols();
  blas::gemm(false, false, k, p, count, 1, wt.data() + first, n, x.data() + first * p, p, 1, numerator.data(), p);
  blas::gemm(false, true, k, k, count, 1, wt.data() + first, n, wt.data() + first, n, 1, gram.data(), k);
}

/// k as the kernels want it.
Index padded(Index k) {
  return (k + 7) / 8 * 8;
}

/// A factor as the kernels want it: (columns x padded k).
template <class Factor>
Matrix padded_transpose(const Factor& factor) {
  Matrix out = Matrix::Zero(factor.cols(), padded(factor.rows()));
  out.leftCols(factor.rows()) = factor.transpose();
  return out;
}

void clear_sums(NmfPart& part, Index k, Index groups) {
  part.sums.resize(static_cast<size_t>(groups));
  for_blocks(groups, 1, [&](Index group, Index) {
    NmfSums& sums = part.sums[static_cast<size_t>(group)];
    sums.products.setZero(part.x->cols(), padded(k));
    sums.gram.setZero(k, k);
  });
}

double descend_h(NmfPart& part, const NmfPenalty& penalty) {
  const Index k = part.h.rows(), p = part.h.cols();
  Matrix g = Matrix::Zero(k, k);
  for (const NmfSums& sums : part.sums) g += sums.gram;
  g.diagonal().array() += penalty.l2_h;
  std::vector<double> violations(static_cast<size_t>((p + kColumns - 1) / kColumns));
  for_blocks(p, kColumns, [&](Index first, Index count) {
    Matrix products = part.sums[0].products.middleRows(first, count);
    for (size_t i = 1; i < part.sums.size(); ++i) products += part.sums[i].products.middleRows(first, count);
    Matrix gradient = penalty.l1_h - products.leftCols(k).transpose().array();
    blas::gemm(false, false, k, count, k, 1, g.data(), k, part.h.data() + first, p, 1, gradient.data(), count);
    violations[static_cast<size_t>(first / kColumns)] = descend(g, gradient, part.h.data() + first, p, count);
  });
  return std::accumulate(violations.begin(), violations.end(), 0.0);
}

/// Products below kLeast are raised to it: Q = X / max(WH, least) for a block, (count x p).
void ratio_block(const Matrix& x, Index first, Index count, const Matrix& wt, const Matrix& h, Matrix& q) {
  const Index k = wt.rows(), p = x.cols();
  q.resize(count, p);
  blas::gemm(true, false, count, p, k, 1, wt.data() + first, wt.cols(), h.data(), p, 0, q.data(), p);
  q = x.middleRows(first, count).array() / q.array().max(kLeast);
}

}  // namespace

Index nmf_groups(Index n) {
  return std::min(kGroups, (n + kBlock - 1) / kBlock);
}

void for_nmf_blocks(Index n, const std::function<void(size_t, Index, Index)>& body) {
  const Index groups = nmf_groups(n), blocks = (n + kBlock - 1) / kBlock;
  for_blocks(groups, 1, [&](Index group, Index) {
    for (Index b = blocks * group / groups; b < blocks * (group + 1) / groups; ++b)
      body(static_cast<size_t>(group), b * kBlock, std::min(kBlock, n - b * kBlock));
  });
}

double descend_all(std::vector<NmfPart>& parts, const std::vector<NmfSegment>& segments, Matrix& wt,
                   const NmfPenalty& penalty) {
  const Index k = wt.rows(), n = wt.cols(), width = padded(k);
  std::vector<Matrix> grams, factors;
  for (NmfPart& part : parts) {
    grams.push_back(multiply_by_transposed(part.h, part.h));
    factors.push_back(padded_transpose(part.h));
    clear_sums(part, k, nmf_groups(n));
  }
  double violation = 0;
  for (const NmfSegment& segment : segments) {
    Matrix g = Matrix::Zero(k, k);
    for (const size_t m : segment.parts) g += grams[m];
    g.diagonal().array() += penalty.l2_w;
    std::vector<double> violations(static_cast<size_t>(nmf_groups(segment.count)), 0);
    for_nmf_blocks(segment.count, [&](size_t group, Index from, Index count) {
      const Index first = segment.first + from;
      Matrix products = Matrix::Zero(count, width);
      for (const size_t m : segment.parts) {
        const Matrix& x = *parts[m].x;
        nmf_kernels().add_product({&x(first, 0), x.cols(), 1}, count, x.cols(), factors[m].data(), width,
                                  products.data());
      }
      Matrix gradient = penalty.l1_w - products.leftCols(k).transpose().array();
      blas::gemm(false, false, k, count, k, 1, g.data(), k, wt.data() + first, n, 1, gradient.data(), count);
      violations[group] += descend(g, gradient, wt.data() + first, n, count);
      const Matrix w = padded_transpose(wt.middleCols(first, count));
      for (const size_t m : segment.parts) {
        const Matrix& x = *parts[m].x;
        NmfSums& sums = parts[m].sums[group];
        nmf_kernels().add_product({&x(first, 0), 1, x.cols()}, x.cols(), count, w.data(), width, sums.products.data());
        blas::gemm(false, true, k, k, count, 1, wt.data() + first, n, wt.data() + first, n, 1, sums.gram.data(), k);
      }
    });
    violation += std::accumulate(violations.begin(), violations.end(), 0.0);
  }
  for (NmfPart& part : parts) violation += descend_h(part, penalty);
  return violation;
}

void update_frobenius(const Matrix& x, Matrix& wt, Matrix& h) {
  const Index k = wt.rows(), n = wt.cols(), p = x.cols();
  const Matrix g = multiply_by_transposed(h, h);
  const auto groups = static_cast<size_t>(nmf_groups(n));
  std::vector<Matrix> numerators(groups, Matrix::Zero(k, p)), grams(groups, Matrix::Zero(k, k));
  for_nmf_blocks(n, [&](size_t group, Index first, Index count) {
    Matrix above(k, count), below(k, count);
    blas::gemm(false, true, k, count, p, 1, h.data(), p, x.data() + first * p, p, 0, above.data(), count);
    blas::gemm(false, false, k, count, k, 1, g.data(), k, wt.data() + first, n, 0, below.data(), count);
    auto w = wt.middleCols(first, count);
    w = w.array() * above.array() / (below.array() == 0).select(kLeast, below).array();
    add_share(x, first, count, wt, numerators[group], grams[group]);
  });
  for (size_t i = 1; i < groups; ++i) {
    numerators[0] += numerators[i];
    grams[0] += grams[i];
  }
  const Matrix below = multiply(grams[0], h);
  h = h.array() * numerators[0].array() / (below.array() == 0).select(kLeast, below).array();
}

void update_kullback_leibler(const Matrix& x, Matrix& wt, Matrix& h) {
  const Index k = wt.rows(), n = wt.cols(), p = x.cols();
  const Vector h_sums = h.rowwise().sum();
  const Vector below_w = (h_sums.array() == 0).select(kLeast, h_sums);
  const auto groups = static_cast<size_t>(nmf_groups(n));
  std::vector<Matrix> numerators(groups, Matrix::Zero(k, p));
  for_nmf_blocks(n, [&](size_t group, Index first, Index count) {
    Matrix q, above(k, count);
    ratio_block(x, first, count, wt, h, q);
    blas::gemm(false, true, k, count, p, 1, h.data(), p, q.data(), p, 0, above.data(), count);
    auto w = wt.middleCols(first, count);
    w = (w.array() * above.array()).colwise() / below_w.array();
    ratio_block(x, first, count, wt, h, q);
    blas::gemm(false, false, k, p, count, 1, wt.data() + first, n, q.data(), p, 1, numerators[group].data(), p);
  });
  for (size_t i = 1; i < groups; ++i) numerators[0] += numerators[i];
  const Vector w_sums = wt.rowwise().sum();
  const Vector below_h = (w_sums.array() == 0).select(kLeast, w_sums);
  h = (h.array() * numerators[0].array()).colwise() / below_h.array();
}

}  // namespace sensorium::classic
