#include "sensorium/classic/scalers.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {
namespace {

void check_width(const Matrix& rows, Index width) {
  if (rows.cols() != width) throw InputError("scale", "expected rows of {} values, got {}", width, rows.cols());
}

}  // namespace

Matrix Scaler::transform(const Matrix& rows) const {
  check_width(rows, shift.size());
  Matrix out = (rows.rowwise() - shift.transpose()).array().rowwise() / scale.transpose().array();
  if (clip) out = out.cwiseMax(low).cwiseMin(high);
  return out;
}

Matrix Scaler::inverse(const Matrix& rows) const {
  check_width(rows, shift.size());
  const Matrix scaled = rows.array().rowwise() * scale.transpose().array();
  return scaled.rowwise() + shift.transpose();
}

Standard fit_standard(const RowSource& rows) {
  constexpr Index kBlock = 4096;
  const Index n = rows.rows(), p = rows.columns();
  if (n < 1 || p < 1) throw InputError("scale", "{}: expected rows and columns, got {} x {}", rows.name(), n, p);
  Vector mean = Vector::Zero(p), squares = Vector::Zero(p);
  Matrix block(std::min(kBlock, n), p);
  for (Index first = 0; first < n; first += kBlock) {
    const Index count = std::min(kBlock, n - first);
    read_finite(rows, first, count, block.data());
    const Vector now = block.topRows(count).colwise().mean().transpose(), delta = now - mean;
    const double before = static_cast<double>(first), added = static_cast<double>(count), all = before + added;
    squares += (block.topRows(count).rowwise() - now.transpose()).colwise().squaredNorm().transpose() +
               delta.cwiseAbs2() * (before * added / all);
    mean += delta * (added / all);
  }
  Standard s;
  s.variance = squares / static_cast<double>(n);
  s.scaler.shift = mean;
  s.scaler.scale = s.variance.cwiseSqrt();
  for (Index j = 0; j < p; ++j)  // what rounding leaves of a column that does not vary counts as nothing
    if (s.scaler.scale(j) <= 10 * 0x1p-52 * std::abs(mean(j))) s.scaler.scale(j) = 1;
  s.scaler.scale = (s.scaler.scale.array() == 0).select(1.0, s.scaler.scale);
  return s;
}

MinMax fit_min_max(const Matrix& rows, double low, double high, bool clip) {
  if (rows.rows() == 0) throw InputError("scale", "expected rows, got none");
  MinMax m;
  m.least = rows.colwise().minCoeff().transpose();
  m.greatest = rows.colwise().maxCoeff().transpose();
  Vector range = m.greatest - m.least;
  range = (range.array() == 0).select(1.0, range);
  m.scaler.scale = range / (high - low);
  m.scaler.shift = m.least - low * m.scaler.scale;
  m.scaler.clip = clip;
  m.scaler.low = low;
  m.scaler.high = high;
  return m;
}

Matrix normalise_rows(Matrix rows, RowNorm norm) {
  for (Index i = 0; i < rows.rows(); ++i) {
    const auto row = rows.row(i);
    const double size = norm == RowNorm::l2   ? row.norm()
                        : norm == RowNorm::l1 ? row.lpNorm<1>()
                                              : row.lpNorm<Eigen::Infinity>();
    if (size > 0) rows.row(i) /= size;
  }
  return rows;
}

}  // namespace sensorium::classic
