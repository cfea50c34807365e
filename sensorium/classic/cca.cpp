#include "sensorium/classic/cca.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {
namespace {

bool is_plain(const Penalty& penalty) {
  return penalty.shrinkage == 0 && penalty.ridge == 0 && penalty.relative_ridge == 0;
}

Matrix centred(const Matrix& rows) {
  return rows.rowwise() - rows.colwise().mean();
}

/// W with W' S W = I from centred rows, S their covariance.
Matrix whitener_of_rows(const Matrix& rows) {
  const double degrees = static_cast<double>(rows.rows() - 1);
  Vector deviation = (rows.colwise().squaredNorm().transpose() / degrees).cwiseSqrt();
  const double least = rows.cwiseAbs().maxCoeff() * 0x1p-46;
  const Vector inverse = (deviation.array() > least).select(deviation.array().max(1e-300).inverse(), 0.0);
  const Svd svd = thin_svd(rows * inverse.asDiagonal());
  if (svd.s.size() == 0 || !(svd.s(0) > 0))
    throw InputError("cca", "expected columns that vary, got constant ones alone");
  const Index rank = numerical_rank(svd.s, rows.rows(), rows.cols());
  return inverse.asDiagonal() * svd.vt.topRows(rank).transpose() *
         (std::sqrt(degrees) * svd.s.head(rank).cwiseInverse()).asDiagonal();
}

/// From whiteners and the whitened cross-covariance (r1 x r2).
Cca from_whitened(const Matrix& w1, const Matrix& w2, Matrix cross, Index k) {
  if (k < 1) throw UsageError("cca", "expected at least 1 component, got {}", k);
  Svd svd = thin_svd(std::move(cross));
  Cca cca;
  cca.all_values = svd.s;
  k = std::min(k, svd.s.size());
  cca.views.values = svd.s.head(k);
  cca.views.weights = {multiply(w1, svd.u.leftCols(k)), multiply(w2, svd.vt.topRows(k).transpose())};
  cca.views.ranks = {w1.cols(), w2.cols()};
  fix_signs(cca.views.weights);
  return cca;
}

void add_warnings(Cca& cca, const std::vector<Index>& widths, const std::vector<Penalty>& penalties) {
  for (size_t i = 0; i < widths.size(); ++i)
    if (is_plain(penalties[i]) && cca.views.ranks[i] < std::min(widths[i], cca.rows - 1))
      cca.warnings.push_back(
          fmt::format("view {}: {} of {} columns are constant or combinations of others; they are left out", i + 1,
                      widths[i] - cca.views.ranks[i], widths[i]));
  const Index directions = cca.views.ranks[0] + cca.views.ranks[1];
  if (is_plain(penalties[0]) && is_plain(penalties[1]) && directions > cca.rows - 1)
    cca.warnings.push_back(
        fmt::format("{} rows for {} directions: at least {} correlations are 1 whatever the data; "
                    "give a shrinkage",
                    cca.rows, directions, directions - (cca.rows - 1)));
}

std::vector<Penalty> both(const std::vector<Penalty>& penalties) {
  return {penalty_of(penalties, 0, 2), penalty_of(penalties, 1, 2)};
}

}  // namespace

Penalty penalty_of(const std::vector<Penalty>& penalties, Index view, Index views) {
  if (penalties.empty()) return {};
  if (penalties.size() != 1 && static_cast<Index>(penalties.size()) != views)
    throw UsageError("cca", "expected a penalty for each of {} views or one for all, got {}", views, penalties.size());
  const Penalty p = penalties.size() == 1 ? penalties[0] : penalties[static_cast<size_t>(view)];
  if (!(p.shrinkage >= 0 && p.shrinkage <= 1))
    throw UsageError("cca", "expected a shrinkage in [0, 1], got {}", p.shrinkage);
  for (const double ridge : {p.ridge, p.relative_ridge})
    if (!(ridge >= 0 && std::isfinite(ridge))) throw UsageError("cca", "expected a ridge of at least 0, got {}", ridge);
  return p;
}

Matrix penalised(const Matrix& covariance, const Penalty& penalty) {
  Matrix r = covariance * (1 - penalty.shrinkage);
  r.diagonal().array() += penalty.shrinkage + penalty.ridge + penalty.relative_ridge * covariance.diagonal().mean();
  return r;
}

void fix_signs(std::vector<Matrix>& weights) {
  const Vector signs = column_signs(weights.at(0));
  for (Matrix& w : weights) w.array().rowwise() *= signs.transpose().array();
}

Matrix LinearViews::transform(size_t view, const Matrix& rows) const {
  if (rows.cols() != weights.at(view).rows())
    throw InputError("cca", "expected rows of {} values for view {}, got {}", weights[view].rows(), view + 1,
                     rows.cols());
  Matrix scores = multiply(rows, weights[view]);
  const Eigen::RowVectorXd shift = means[view].transpose() * weights[view];
  scores.rowwise() -= shift;
  return scores;
}

double Cca::wilks_lambda() const {
  return (1 - all_values.array().square()).max(0).prod();
}

Cca fit_cca(const Moments& moments, Index k, const std::vector<Penalty>& penalties) {
  if (moments.views() != 2) throw UsageError("cca", "expected 2 views, got {}", moments.views());
  const std::vector<Penalty> p = both(penalties);
  const auto constant = moments.constant_columns();
  std::vector<Matrix> w;
  for (Index i = 0; i < 2; ++i) {
    Matrix r = moments.covariance(i, i);
    if (is_plain(p[static_cast<size_t>(i)]))
      for (const Index j : constant)  // what rounding left of a column that does not vary
        if (const Index at = j - moments.offset(i); at >= 0 && at < r.cols()) {
          r.row(at).setZero();
          r.col(at).setZero();
        }
    w.push_back(whitener(penalised(r, p[static_cast<size_t>(i)]), "cca"));
  }
  Cca cca = from_whitened(w[0], w[1], multiply_transposed(w[0], multiply(moments.covariance(0, 1), w[1])), k);
  cca.views.means = {moments.mean_of(0), moments.mean_of(1)};
  cca.rows = moments.n;
  add_warnings(cca, moments.widths, p);
  return cca;
}

Cca fit_cca(const Matrix& view1, const Matrix& view2, Index k, const std::vector<Penalty>& penalties) {
  const std::vector<Penalty> p = both(penalties);
  const Index n = view1.rows(), widest = std::max(view1.cols(), view2.cols());
  const bool plain = is_plain(p[0]) || is_plain(p[1]);
  if (!plain || n >= 4 * widest || view2.rows() != n || n < 2) {
    const auto a = rows_of(view1, "view 1"), b = rows_of(view2, "view 2");
    return fit_cca(stream_moments({a.get(), b.get()}, "cca"), k, penalties);
  }
  std::vector<Matrix> w, scores;
  for (const Matrix* view : {&view1, &view2}) {
    const Matrix x = centred(*view);
    const Penalty& penalty = p[w.size()];
    w.push_back(is_plain(penalty) ? whitener_of_rows(x)
                                  : whitener(penalised(gram(x) / static_cast<double>(n - 1), penalty), "cca"));
    scores.push_back(multiply(x, w.back()));
  }
  Cca cca = from_whitened(w[0], w[1], multiply_transposed(scores[0], scores[1]) / static_cast<double>(n - 1), k);
  for (const Matrix* view : {&view1, &view2}) cca.views.means.push_back(view->colwise().mean().transpose());
  cca.rows = n;
  add_warnings(cca, {view1.cols(), view2.cols()}, p);
  return cca;
}

LinearViews fit_pls_canonical(const Matrix& view1, const Matrix& view2, Index k) {
  if (view1.rows() != view2.rows() || view1.rows() < 2)
    throw InputError("pls", "expected two views of the same 2 rows or more, got {} and {}", view1.rows(), view2.rows());
  const Index most = std::min({view1.cols(), view2.cols(), view1.rows() - 1});
  if (k < 1 || k > most) throw UsageError("pls", "expected 1 to {} components, got {}", most, k);
  std::vector<Matrix> x{centred(view1), centred(view2)};
  LinearViews views;
  views.means = {view1.colwise().mean().transpose(), view2.colwise().mean().transpose()};
  views.weights = {Matrix(view1.cols(), k), Matrix(view2.cols(), k)};
  views.values.resize(k);
  for (Index t = 0; t < k; ++t) {
    const Svd svd = thin_svd(multiply_transposed(x[0], x[1]));
    views.values(t) = svd.s(0) / static_cast<double>(view1.rows() - 1);
    views.weights[0].col(t) = svd.u.col(0);
    views.weights[1].col(t) = svd.vt.row(0).transpose();
    for (size_t i = 0; i < 2; ++i) {
      const Vector score = x[i] * views.weights[i].col(t);
      const double size = score.squaredNorm();
      if (size > 0) x[i] -= score * (score.transpose() * x[i]) / size;
    }
  }
  fix_signs(views.weights);
  return views;
}

Vector column_correlations(const Matrix& a, const Matrix& b) {
  SENSORIUM_ASSERT(a.rows() == b.rows() && a.cols() == b.cols());
  const Matrix x = centred(a), y = centred(b);
  Vector r(a.cols());
  for (Index j = 0; j < a.cols(); ++j) {
    const double size = x.col(j).norm() * y.col(j).norm();
    r(j) = size > 0 ? x.col(j).dot(y.col(j)) / size : 0;
  }
  return r;
}

}  // namespace sensorium::classic
