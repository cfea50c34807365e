#pragma once
// Matrices of float64, row-major, as everything in this room takes and gives them.

#include <Eigen/Core>

#include <cstdint>
#include <span>
#include <vector>

namespace sensorium::classic {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;
using Index = Eigen::Index;

/// The values of a matrix or a vector, row by row.
inline std::span<const double> values_of(const Matrix& m) {
  return {m.data(), static_cast<size_t>(m.size())};
}
inline std::span<const double> values_of(const Vector& v) {
  return {v.data(), static_cast<size_t>(v.size())};
}

/// A copy of row-major values as a matrix; `values` must hold rows * columns.
inline Matrix matrix_of(std::span<const double> values, Index rows, Index columns) {
  return Eigen::Map<const Matrix>(values.data(), rows, columns);
}

inline Vector vector_of(std::span<const double> values) {
  return Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}

}  // namespace sensorium::classic
