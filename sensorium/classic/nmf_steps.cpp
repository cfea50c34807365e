#include "sensorium/classic/nmf_steps.h"

#include "sensorium/classic/blas.h"
#include "sensorium/classic/nmf_kernels.h"
#include "sensorium/classic/products.h"

#include <algorithm>
#include <numeric>

namespace sensorium::classic {
namespace {

constexpr Index kBlock = 96;        // rows whose values stay in the cache
constexpr Index kGroups = 16;       // partial sums that are kept
constexpr double kLeast = 0x1p-23;  // replaces zero denominators, and products below it

/// What a group of rows adds.
struct Share {
  std::vector<Matrix> numerator, gram;
  double violation = 0;
};

void add_share(const Matrix& x, Index first, Index count, const Matrix& wt, Matrix& numerator, Matrix& gram) {
  const Index k = wt.rows(), n = wt.cols(), p = x.cols();
  blas::gemm(false, false, k, p, count, 1, wt.data() + first, n, x.data() + first * p, p, 1, numerator.data(), p);
  blas::gemm(false, true, k, k, count, 1, wt.data() + first, n, wt.data() + first, n, 1, gram.data(), k);
}

/// The components of a part as the kernels want them: (columns x width), padded.
Matrix padded_transpose(const Matrix& h, Index width) {
  Matrix out = Matrix::Zero(strip_columns(h.cols()), width);
  out.topLeftCorner(h.cols(), h.rows()) = h.transpose();
  return out;
}

double descend_h(NmfPart& part, const NmfPenalty& penalty) {
  Matrix g = part.gram;
  g.diagonal().array() += penalty.l2_h;
  Matrix gradient = multiply(g, part.h) - part.numerator;
  if (penalty.l1_h != 0) gradient.array() += penalty.l1_h;
  return descend(g, gradient, part.h.data(), part.h.cols(), part.h.cols());
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
  const Index k = wt.rows(), n = wt.cols();
  for (NmfPart& part : parts) {
    part.numerator.setZero(k, part.x->cols());
    part.gram = multiply_by_transposed(part.h, part.h);
  }
  const Index width = (k + 7) / 8 * 8;
  std::vector<Matrix> grams(parts.size()), factors(parts.size());
  for (size_t m = 0; m < parts.size(); ++m) {
    grams[m] = std::move(parts[m].gram);
    factors[m] = padded_transpose(parts[m].h, width);
  }
  for (NmfPart& part : parts) part.gram.setZero(k, k);
  double violation = 0;
  for (const NmfSegment& segment : segments) {
    Matrix g = Matrix::Zero(k, k);
    for (const size_t m : segment.parts) g += grams[m];
    g.diagonal().array() += penalty.l2_w;
    std::vector<Share> shares(static_cast<size_t>(nmf_groups(segment.count)));
    for (Share& share : shares)
      for (const NmfPart& part : parts) {
        share.numerator.push_back(Matrix::Zero(width, strip_columns(part.x->cols())));
        share.gram.push_back(Matrix::Zero(k, k));
      }
    for_nmf_blocks(segment.count, [&](size_t group, Index from, Index count) {
      const Index first = segment.first + from;
      Matrix gradient = Matrix::Constant(k, count, penalty.l1_w), projected(count, width);
      std::vector<Matrix> packed;
      for (const size_t m : segment.parts) {
        const Matrix& x = *parts[m].x;
        packed.emplace_back(count, factors[m].rows());
        nmf_kernels().multiply(x.data() + first * x.cols(), x.cols(), count, x.cols(), factors[m].data(), width,
                               projected.data(), packed.back().data());
        gradient -= projected.leftCols(k).transpose();
      }
      blas::gemm(false, false, k, count, k, 1, g.data(), k, wt.data() + first, n, 1, gradient.data(), count);
      shares[group].violation += descend(g, gradient, wt.data() + first, n, count);
      projected.setZero();
      projected.leftCols(k) = wt.middleCols(first, count).transpose();
      for (size_t i = 0; i < packed.size(); ++i) {
        const size_t m = segment.parts[i];
        nmf_kernels().add_outer(packed[i].data(), count, packed[i].cols(), projected.data(), width,
                                shares[group].numerator[m].data());
        blas::gemm(false, true, k, k, count, 1, wt.data() + first, n, wt.data() + first, n, 1,
                   shares[group].gram[m].data(), k);
      }
    });
    for (const Share& share : shares) {
      violation += share.violation;
      for (const size_t m : segment.parts) {
        parts[m].numerator += share.numerator[m].topLeftCorner(k, parts[m].numerator.cols());
        parts[m].gram += share.gram[m];
      }
    }
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
