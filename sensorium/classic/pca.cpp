#include "sensorium/classic/pca.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/products.h"

namespace sensorium::classic {
namespace {

/// From the singular values of the centred rows; `s` may hold only the first k, `total` is the sum of all squares.
Pca from_svd(const Vector& s, const Matrix& vt, const Vector& mean, double total, Index n, Index k, bool whiten) {
  Pca pca;
  const double degrees = static_cast<double>(n - 1);
  const Index all = std::min(n, vt.cols());
  pca.singular_values = s.head(k);
  pca.explained_variance = pca.singular_values.array().square() / degrees;
  pca.explained_ratio = pca.singular_values.array().square() / (total > 0 ? total : 1);
  if (all > k)
    pca.noise_variance = std::max(0.0, total / degrees - pca.explained_variance.sum()) / static_cast<double>(all - k);
  pca.projection.mean = mean;
  pca.projection.components = vt.topRows(k);
  if (whiten) {
    const double least = pca.explained_variance(0) * 1e-30 + 1e-300;
    pca.projection.scale = pca.explained_variance.cwiseMax(least).cwiseSqrt();
  }
  return pca;
}

Matrix centred(const Matrix& rows, const Vector& mean) {
  return rows.rowwise() - mean.transpose();
}

}  // namespace

Matrix Projection::transform(const Matrix& rows) const {
  if (rows.cols() != components.cols())
    throw InputError("projection", "expected rows of {} values, got {}", components.cols(), rows.cols());
  Matrix scores = multiply_by_transposed(mean.size() ? centred(rows, mean) : rows, components);
  if (scale.size()) scores.array().rowwise() /= scale.transpose().array();
  return scores;
}

Matrix Projection::inverse(const Matrix& scores) const {
  Matrix scaled = scores;
  if (scale.size()) scaled.array().rowwise() *= scale.transpose().array();
  Matrix rows = multiply(scaled, components);
  if (mean.size()) rows.rowwise() += mean.transpose();
  return rows;
}

Pca fit_pca(const Matrix& rows, Index k, bool whiten) {
  if (rows.rows() < 2) throw InputError("pca", "expected at least 2 rows, got {}", rows.rows());
  if (k < 1 || k > std::min(rows.rows(), rows.cols()))
    throw UsageError("pca", "expected 1 to {} components, got {}", std::min(rows.rows(), rows.cols()), k);
  const Vector mean = rows.colwise().mean().transpose();
  const Svd svd = thin_svd(centred(rows, mean));
  return from_svd(svd.s, svd.vt, mean, svd.s.squaredNorm(), rows.rows(), k, whiten);
}

Pca fit_pca_streamed(const RowSource& source, Index k, bool whiten) {
  const StreamedSvd streamed = streamed_svd(source, k, true);
  return from_svd(streamed.svd.s, streamed.svd.vt, streamed.mean, streamed.total, streamed.rows, k, whiten);
}

Index components_for(const Matrix& rows, double share) {
  const Pca pca = fit_pca(rows, std::min(rows.rows(), rows.cols()), false);
  double sum = 0;
  for (Index i = 0; i < pca.explained_ratio.size(); ++i) {
    sum += pca.explained_ratio(i);
    if (sum > share) return i + 1;
  }
  return pca.explained_ratio.size();
}

TruncatedScores truncated_scores(const Matrix& rows, const Matrix& components) {
  TruncatedScores t;
  t.scores = multiply_by_transposed(rows, components);
  const auto variance = [](const Matrix& m) -> Vector {
    return (m.rowwise() - m.colwise().mean()).colwise().squaredNorm().transpose() / static_cast<double>(m.rows());
  };
  t.explained_variance = variance(t.scores);
  const double total = variance(rows).sum();
  t.explained_ratio = t.explained_variance / (total > 0 ? total : 1);
  return t;
}

}  // namespace sensorium::classic
