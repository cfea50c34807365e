#include "sensorium/classic/decompose.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/blas.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {
namespace {

constexpr double kEpsilon = 0x1p-52;

template <class Line>
double sign_of(const Line& line) {
  Index at = 0;
  double largest = -1;
  for (Index i = 0; i < line.size(); ++i)
    if (std::abs(line(i)) > largest) {
      largest = std::abs(line(i));
      at = i;
    }
  return line.size() > 0 && line(at) < 0 ? -1.0 : 1.0;
}

/// One step of CholeskyQR: false when the Gram matrix is not safely positive definite.
bool cholesky_step(Matrix& a) {
  Matrix lower = gram(a);
  const double largest = lower.diagonal().maxCoeff();
  if (!blas::cholesky(lower)) return false;
  if (std::pow(lower.diagonal().minCoeff(), 2) < 1e3 * kEpsilon * largest * static_cast<double>(a.cols())) return false;
  const Matrix inverse =
      lower.triangularView<Eigen::Lower>().solve(Matrix::Identity(lower.rows(), lower.rows())).transpose();
  a = multiply(a, inverse);
  return true;
}

}  // namespace

Vector row_signs(const Matrix& m) {
  Vector signs(m.rows());
  for (Index i = 0; i < m.rows(); ++i) signs(i) = sign_of(m.row(i));
  return signs;
}

Vector column_signs(const Matrix& m) {
  Vector signs(m.cols());
  for (Index j = 0; j < m.cols(); ++j) signs(j) = sign_of(m.col(j));
  return signs;
}

Svd thin_svd(Matrix a) {
  Svd svd;
  blas::thin_svd(a, svd.u, svd.s, svd.vt);
  const Vector signs = row_signs(svd.vt);
  svd.vt.array().colwise() *= signs.array();
  svd.u.array().rowwise() *= signs.transpose().array();
  return svd;
}

Index numerical_rank(const Vector& s, Index n, Index p) {
  if (s.size() == 0) return 0;
  const double least = s(0) * static_cast<double>(std::max(n, p)) * kEpsilon;
  return (s.array() > least).count();
}

Matrix pseudo_inverse(const Svd& svd) {
  Vector inverse = Vector::Zero(svd.s.size());
  for (Index i = 0; i < svd.s.size(); ++i)
    if (svd.s(i) > 1e-10 * svd.s(0)) inverse(i) = 1 / svd.s(i);
  return multiply(svd.vt.transpose() * inverse.asDiagonal(), svd.u.transpose());
}

EigenPairs symmetric_eigen(Matrix a) {
  Vector ascending;
  blas::symmetric_eigen(a, ascending);
  return {ascending.reverse(), a.colwise().reverse().transpose()};
}

Matrix whitener(const Matrix& r, std::string_view operation) {
  const Vector deviation = r.diagonal().cwiseMax(0).cwiseSqrt();
  const Vector inverse = (deviation.array() > 0).select(deviation.array().max(1e-300).inverse(), 0.0);
  if (!(deviation.maxCoeff() > 0)) throw InputError(operation, "expected columns that vary, got constant ones alone");
  const EigenPairs e = symmetric_eigen(inverse.asDiagonal() * r * inverse.asDiagonal());
  const double least = static_cast<double>(std::max<Index>(r.rows(), 16)) * 0x1p-48;
  const Index rank = (e.values.array() > least).count();
  return inverse.asDiagonal() * e.vectors.leftCols(rank) * e.values.head(rank).cwiseSqrt().cwiseInverse().asDiagonal();
}

Matrix orthonormal_columns(Matrix a) {
  Matrix q = a;
  if (a.rows() >= a.cols() && cholesky_step(q) && cholesky_step(q)) return q;
  const Index n = a.rows(), p = a.cols();
  const Svd svd = thin_svd(std::move(a));
  return svd.u.leftCols(std::max<Index>(1, numerical_rank(svd.s, n, p)));
}

double log_determinant(Matrix a, std::string_view operation) {
  if (!blas::cholesky(a)) throw InputError(operation, "expected a positive definite covariance, got one that is not");
  return 2 * a.diagonal().array().log().sum();
}

Matrix solve_positive(Matrix a, const Matrix& b, std::string_view operation) {
  if (!blas::cholesky(a)) throw InputError(operation, "expected a positive definite matrix, got one that is not");
  Matrix x = a.triangularView<Eigen::Lower>().solve(b);
  a.transpose().triangularView<Eigen::Upper>().solveInPlace(x);
  return x;
}

}  // namespace sensorium::classic
