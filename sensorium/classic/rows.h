#pragma once
// Rows that need not fit in memory: a matrix, a .npy file, or a function that makes them.

#include "sensorium/classic/matrix.h"
#include "sensorium/io/npy.h"

#include <functional>
#include <memory>
#include <string>

namespace sensorium::classic {

/// N rows of P numbers, read in blocks. `read` is thread-safe.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual Index rows() const = 0;
  virtual Index columns() const = 0;
  /// What errors call it: a file's name.
  virtual std::string name() const = 0;
  /// Rows first .. first + count to `out` (count * columns() values).
  virtual void read(Index first, Index count, double* out) const = 0;
};

/// Rows of a matrix that the caller keeps.
std::unique_ptr<RowSource> rows_of(const Matrix& matrix, std::string name);
/// A mapped .npy file of 2 dimensions (of 1: one column), of floats or integers. Throws InputError naming the file.
std::unique_ptr<RowSource> rows_of_npy(const fs::path& file);
/// Rows that `make(row, out)` writes, from several threads at once.
std::unique_ptr<RowSource> rows_made(Index rows, Index columns, std::function<void(Index row, double* out)> make);

/// Reads rows and throws InputError naming source, row and column (from 0) for NaN and infinities.
void read_finite(const RowSource& source, Index first, Index count, double* out);

/// All rows, checked, read on all threads. Throws InputError for no rows or no columns.
Matrix read_all(const RowSource& source);

}  // namespace sensorium::classic
