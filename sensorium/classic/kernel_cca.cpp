#include "sensorium/classic/kernel_cca.h"

#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "sensorium/classic/decompose.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {

Matrix kernel_matrix(const Kernel& kernel, const Matrix& x, const Matrix& y) {
  Matrix k = multiply_by_transposed(x, y);
  const Vector xx = x.rowwise().squaredNorm(), yy = y.rowwise().squaredNorm();
  for_blocks(k.rows(), 256, [&](Index first, Index count) {
    auto rows = k.middleRows(first, count).array();
    if (kernel.type == KernelType::polynomial) rows = (kernel.gamma * rows + kernel.coef0).pow(kernel.degree);
    if (kernel.type == KernelType::rbf) {
      rows = ((-2 * rows).colwise() + xx.segment(first, count).array()).rowwise() + yy.transpose().array();
      rows = (-kernel.gamma * rows.max(0)).exp();
    }
  });
  return k;
}

Matrix KernelFeatures::transform(const Matrix& rows) const {
  if (rows.cols() != mean.size())
    throw InputError("kernel cca", "expected rows of {} values, got {}", mean.size(), rows.cols());
  return multiply(kernel_matrix(kernel, rows.rowwise() - mean.transpose(), landmarks), root);
}

KernelFeatures fit_kernel_features(const Matrix& rows, const Kernel& kernel, Index count, uint64_t seed) {
  const Index n = rows.rows();
  KernelFeatures features;
  features.kernel = kernel;
  features.mean = rows.colwise().mean().transpose();
  features.landmarks = rows.rowwise() - features.mean.transpose();
  if (count > 0 && count < n) {
    Matrix chosen(count, rows.cols());
    for (Index i = 0; i < count; ++i)
      chosen.row(i) = features.landmarks.row(
          static_cast<Index>(permuted_index(seed, static_cast<uint64_t>(n), static_cast<uint64_t>(i))));
    features.landmarks = std::move(chosen);
  }
  const EigenPairs e = symmetric_eigen(kernel_matrix(kernel, features.landmarks, features.landmarks));
  const Index m = e.values.size();
  const Index rank = (e.values.array() > e.values(0) * static_cast<double>(m) * 0x1p-52).count();
  if (rank == 0 || !(e.values(0) > 0))
    throw InputError("kernel cca", "expected rows that differ under the kernel, got equal ones");
  features.root = e.vectors.leftCols(rank) * e.values.head(rank).cwiseSqrt().cwiseInverse().asDiagonal();
  return features;
}

KernelCca fit_kernel_cca(const Matrix& view1, const Matrix& view2, Index k, const std::vector<Kernel>& kernels,
                         double shrinkage, Index landmarks, uint64_t seed) {
  if (kernels.size() != 1 && kernels.size() != 2)
    throw UsageError("kernel cca", "expected one kernel or one for each view, got {}", kernels.size());
  if (view1.rows() != view2.rows() || view1.rows() < 2)
    throw InputError("kernel cca", "expected two views of the same 2 rows or more, got {} and {}", view1.rows(),
                     view2.rows());
  if (shrinkage <= 0 && (landmarks <= 0 || landmarks >= view1.rows()))
    throw UsageError("kernel cca", "expected a shrinkage above 0 where every row is a landmark, got {}", shrinkage);
  KernelCca model;
  model.features = {fit_kernel_features(view1, kernels.front(), landmarks, seed),
                    fit_kernel_features(view2, kernels.back(), landmarks, seed)};
  const Matrix f1 = model.features[0].transform(view1), f2 = model.features[1].transform(view2);
  model.views = fit_cca(f1, f2, k, {{shrinkage, 0}}).views;
  const Vector signs = column_signs(model.views.transform(0, f1));
  for (Matrix& w : model.views.weights) w.array().rowwise() *= signs.transpose().array();
  return model;
}

}  // namespace sensorium::classic
