#include "sensorium/classic/rows.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/products.h"

#include <cmath>
#include <cstring>

namespace sensorium::classic {
namespace {

constexpr Index kReadBlock = 1024;

class MatrixRows : public RowSource {
 public:
  MatrixRows(const Matrix& matrix, std::string name) : matrix_(matrix), name_(std::move(name)) {}
  Index rows() const override { return matrix_.rows(); }
  Index columns() const override { return matrix_.cols(); }
  std::string name() const override { return name_; }
  void read(Index first, Index count, double* out) const override {
    std::memcpy(out, matrix_.data() + first * columns(), static_cast<size_t>(count * columns()) * sizeof(double));
  }

 private:
  const Matrix& matrix_;
  std::string name_;
};

template <class T>
void convert(const std::byte* from, size_t n, double* out) {
  for (size_t i = 0; i < n; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    out[i] = static_cast<double>(value);
  }
}

class NpyRows : public RowSource {
 public:
  explicit NpyRows(const fs::path& path) : file_(path), name_(path.string()) {
    const auto& shape = file_.tensor().shape;
    if (shape.empty() || shape.size() > 2)
      throw InputError("rows", "{}: expected an array of 1 or 2 dimensions, got {}", name_, shape.size());
    rows_ = shape[0];
    columns_ = shape.size() == 2 ? shape[1] : 1;
  }
  Index rows() const override { return rows_; }
  Index columns() const override { return columns_; }
  std::string name() const override { return name_; }
  void read(Index first, Index count, double* out) const override {
    const TensorView& all = file_.tensor();
    const size_t size = dtype_size(all.dtype), n = static_cast<size_t>(count * columns_);
    const auto data = all.data.subspan(static_cast<size_t>(first * columns_) * size, n * size);
    switch (all.dtype) {
      case SafeDType::F64:
        std::memcpy(out, data.data(), data.size());
        return;
      case SafeDType::F32:
        return convert<float>(data.data(), n, out);
      case SafeDType::I64:
        return convert<int64_t>(data.data(), n, out);
      case SafeDType::I32:
        return convert<int32_t>(data.data(), n, out);
      default: {
        const std::vector<float> values = to_float32({all.dtype, {static_cast<int64_t>(n)}, data});
        std::copy(values.begin(), values.end(), out);
      }
    }
  }

 private:
  NpyFile file_;
  std::string name_;
  Index rows_ = 0, columns_ = 0;
};

class MadeRows : public RowSource {
 public:
  MadeRows(Index rows, Index columns, std::function<void(Index, double*)> make)
      : rows_(rows), columns_(columns), make_(std::move(make)) {}
  Index rows() const override { return rows_; }
  Index columns() const override { return columns_; }
  std::string name() const override { return "made rows"; }
  void read(Index first, Index count, double* out) const override {
    for (Index i = 0; i < count; ++i) make_(first + i, out + i * columns_);
  }

 private:
  Index rows_, columns_;
  std::function<void(Index, double*)> make_;
};

}  // namespace

std::unique_ptr<RowSource> rows_of(const Matrix& matrix, std::string name) {
  return std::make_unique<MatrixRows>(matrix, std::move(name));
}

std::unique_ptr<RowSource> rows_of_npy(const fs::path& file) {
  return std::make_unique<NpyRows>(file);
}

std::unique_ptr<RowSource> rows_made(Index rows, Index columns, std::function<void(Index, double*)> make) {
  return std::make_unique<MadeRows>(rows, columns, std::move(make));
}

void read_finite(const RowSource& source, Index first, Index count, double* out) {
  source.read(first, count, out);
  const Index n = count * source.columns();
  double probe = 0;
  for (Index i = 0; i < n; ++i) probe += out[i] * 0.0;
  if (probe == 0) return;
  for (Index i = 0; i < n; ++i)
    if (!std::isfinite(out[i]))
      throw InputError("rows", "{}: expected finite numbers, got {} in row {}, column {}", source.name(), out[i],
                       first + i / source.columns(), i % source.columns());
}

Matrix read_all(const RowSource& source) {
  if (source.rows() == 0 || source.columns() == 0)
    throw InputError("rows", "{}: expected at least one row and one column, got {} x {}", source.name(), source.rows(),
                     source.columns());
  Matrix all(source.rows(), source.columns());
  for_blocks(source.rows(), kReadBlock,
             [&](Index first, Index count) { read_finite(source, first, count, all.data() + first * all.cols()); });
  return all;
}

}  // namespace sensorium::classic
