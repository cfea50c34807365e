#include "sensorium/classic/multiview.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {
namespace {

/// The views' whiteners, and all covariances seen through them: [W_i' S_ij W_j].
struct Whitened {
  std::vector<Matrix> w;
  std::vector<Index> at;  // where each view's block begins
  Matrix all;
};

Whitened whiten(const Moments& moments, const std::vector<Penalty>& penalties, bool within) {
  Whitened out;
  Index width = 0;
  for (Index i = 0; i < moments.views(); ++i) {
    out.w.push_back(whitener(penalised(moments.covariance(i, i), penalty_of(penalties, i, moments.views())), "cca"));
    out.at.push_back(width);
    width += out.w.back().cols();
  }
  out.all = Matrix::Zero(width, width);
  for (Index i = 0; i < moments.views(); ++i)
    for (Index j = within ? i : i + 1; j < moments.views(); ++j) {
      const Matrix& wi = out.w[static_cast<size_t>(i)];
      const Matrix& wj = out.w[static_cast<size_t>(j)];
      out.all.block(out.at[static_cast<size_t>(i)], out.at[static_cast<size_t>(j)], wi.cols(), wj.cols()) =
          multiply_transposed(wi, multiply(moments.covariance(i, j), wj));
    }
  mirror_upper(out.all);
  return out;
}

LinearViews from_eigen(const Moments& moments, const Whitened& whitened, Index k) {
  if (moments.views() < 2) throw UsageError("cca", "expected at least 2 views, got {}", moments.views());
  if (k < 1) throw UsageError("cca", "expected at least 1 component, got {}", k);
  const EigenPairs e = symmetric_eigen(whitened.all);
  k = std::min(k, e.values.size());
  LinearViews views;
  views.values = e.values.head(k);
  for (size_t i = 0; i < whitened.w.size(); ++i) {
    const Matrix& w = whitened.w[i];
    views.weights.push_back(multiply(w, e.vectors.block(whitened.at[i], 0, w.cols(), k)));
    views.means.push_back(moments.mean_of(static_cast<Index>(i)));
    views.ranks.push_back(w.cols());
  }
  fix_signs(views.weights);
  return views;
}

using Tensor3 = std::vector<Matrix>;  // r1 matrices of (r2 x r3)

Tensor3 third_moment(const std::vector<Matrix>& x) {
  Tensor3 m(static_cast<size_t>(x[0].cols()));
  for (size_t a = 0; a < m.size(); ++a) {
    const Matrix weighted = x[0].col(static_cast<Index>(a)).asDiagonal() * x[1];
    m[a] = multiply_transposed(weighted, x[2]) / static_cast<double>(x[0].rows());
  }
  return m;
}

/// First left singular vector, by the largest eigenvalue of M M'.
Vector first_direction(const Matrix& m) {
  return symmetric_eigen(multiply_by_transposed(m, m)).vectors.col(0);
}

std::vector<Vector> first_directions(const Tensor3& m) {
  const Index r1 = static_cast<Index>(m.size()), r2 = m[0].rows(), r3 = m[0].cols();
  Matrix one(r1, r2 * r3), two(r2, r1 * r3), three(r3, r1 * r2);
  for (Index a = 0; a < r1; ++a) {
    const Matrix& slice = m[static_cast<size_t>(a)];
    one.row(a) = Eigen::Map<const Eigen::RowVectorXd>(slice.data(), slice.size());
    two.middleCols(a * r3, r3) = slice;
    three.middleCols(a * r2, r2) = slice.transpose();
  }
  return {first_direction(one), first_direction(two), first_direction(three)};
}

/// One sweep; returns M contracted with all three.
double sweep(const Tensor3& m, std::vector<Vector>& f) {
  for (size_t a = 0; a < m.size(); ++a) f[0](static_cast<Index>(a)) = f[1].dot(m[a] * f[2]);
  f[0].normalize();
  Matrix mixed = Matrix::Zero(m[0].rows(), m[0].cols());
  for (size_t a = 0; a < m.size(); ++a) mixed += f[0](static_cast<Index>(a)) * m[a];
  f[1] = (mixed * f[2]).normalized();
  f[2] = mixed.transpose() * f[1];
  const double value = f[2].norm();
  f[2] /= value;
  return value;
}

}  // namespace

LinearViews fit_mcca(const Moments& moments, Index k, const std::vector<Penalty>& penalties) {
  LinearViews views = from_eigen(moments, whiten(moments, penalties, false), k);
  for (Matrix& w : views.weights) w *= std::sqrt(static_cast<double>(moments.views()));
  return views;
}

LinearViews fit_gcca(const Moments& moments, Index k, const std::vector<Penalty>& penalties) {
  LinearViews views = from_eigen(moments, whiten(moments, penalties, true), k);
  for (Matrix& w : views.weights) w.array().rowwise() *= views.values.cwiseMax(0).cwiseSqrt().transpose().array();
  return views;
}

Matrix gcca_shared(const LinearViews& views, const std::vector<const Matrix*>& rows) {
  Matrix shared = views.transform(0, *rows.at(0));
  for (size_t i = 1; i < rows.size(); ++i) shared += views.transform(i, *rows[i]);
  shared.array().rowwise() /= views.values.transpose().array();
  return shared;
}

LinearViews fit_tensor_cca(const std::vector<Matrix>& views) {
  if (views.size() != 3) throw UsageError("tensor cca", "expected 3 views, got {}", views.size());
  constexpr int kSweeps = 5000;
  LinearViews out;
  std::vector<Matrix> w, x;
  double size = 1;
  for (const Matrix& view : views) {
    if (view.rows() != views[0].rows() || view.rows() < 2)
      throw InputError("tensor cca", "expected views of the same 2 rows or more, got {} and {}", views[0].rows(),
                       view.rows());
    out.means.push_back(view.colwise().mean().transpose());
    const Matrix centred = view.rowwise() - out.means.back().transpose();
    w.push_back(whitener(gram(centred) / static_cast<double>(view.rows() - 1), "tensor cca"));
    x.push_back(multiply(centred, w.back()));
    size *= static_cast<double>(w.back().cols());
    out.ranks.push_back(w.back().cols());
  }
  if (size > 0x1p27) throw InputError("tensor cca", "expected a tensor of at most 2^27 values, got {:.0f}", size);
  const Tensor3 m = third_moment(x);
  std::vector<Vector> f = first_directions(m);
  out.values.resize(1);
  for (int i = 0; i < kSweeps; ++i) {
    const std::vector<Vector> before = f;
    out.values(0) = sweep(m, f);
    if ((f[0] - before[0]).norm() + (f[1] - before[1]).norm() + (f[2] - before[2]).norm() < 1e-14) break;
  }
  double sign = 1;
  for (size_t i = 0; i < 3; ++i) {
    Matrix weight = w[i] * f[i];
    weight /= weight.norm();
    const double s = i < 2 ? column_signs(weight)(0) : sign;
    out.weights.push_back(weight * s);
    sign *= s;
  }
  return out;
}

}  // namespace sensorium::classic
