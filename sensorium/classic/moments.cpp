#include "sensorium/classic/moments.h"

#include "sensorium/base/error.h"
#include "sensorium/classic/products.h"

#include <cmath>

namespace sensorium::classic {
namespace {

constexpr Index kBlock = 4096;  // rows at once
constexpr Index kReadBlock = 256;

void check(const std::vector<const RowSource*>& views, std::string_view operation) {
  const Index n = views.at(0)->rows();
  for (const RowSource* view : views) {
    if (view->rows() != n)
      throw InputError(operation, "{}: expected {} rows as in {}, got {}", view->name(), n, views[0]->name(),
                       view->rows());
    if (view->columns() == 0) throw InputError(operation, "{}: expected columns, got none", view->name());
  }
  if (n < 2) throw InputError(operation, "{}: expected at least 2 rows, got {}", views[0]->name(), n);
}

/// The views' rows side by side, less the mean of each column, which is returned.
Vector read_block(const std::vector<const RowSource*>& views, Index first, Index count, Matrix& out) {
  Matrix sums((count + kReadBlock - 1) / kReadBlock, out.cols());
  for_blocks(count, kReadBlock, [&](Index from, Index rows) {
    Index column = 0;
    for (const RowSource* view : views) {
      if (views.size() == 1) {
        read_finite(*view, first + from, rows, out.data() + from * out.cols());
      } else {
        thread_local Matrix part;  // kept: the system clears what it gives anew
        part.resize(rows, view->columns());
        read_finite(*view, first + from, rows, part.data());
        out.block(from, column, rows, part.cols()) = part;
      }
      column += view->columns();
    }
    sums.row(from / kReadBlock) = out.middleRows(from, rows).colwise().sum();
  });
  const Vector mean = sums.colwise().sum().transpose() / static_cast<double>(count);
  for_blocks(count, kReadBlock,
             [&](Index from, Index rows) { out.middleRows(from, rows).rowwise() -= mean.transpose(); });
  return mean;
}

}  // namespace

Index Moments::offset(Index view) const {
  Index at = 0;
  for (Index i = 0; i < view; ++i) at += widths[static_cast<size_t>(i)];
  return at;
}

Matrix Moments::covariance(Index i, Index j) const {
  return scatter.block(offset(i), offset(j), widths[static_cast<size_t>(i)], widths[static_cast<size_t>(j)]) /
         static_cast<double>(n - 1);
}

std::vector<Index> Moments::constant_columns() const {
  std::vector<Index> constant;
  for (Index j = 0; j < mean.size(); ++j) {
    const double rounding = std::abs(mean(j)) * 0x1p-48;
    if (scatter(j, j) <= static_cast<double>(n) * rounding * rounding) constant.push_back(j);
  }
  return constant;
}

Moments stream_moments(const std::vector<const RowSource*>& views, std::string_view operation) {
  check(views, operation);
  Moments m;
  for (const RowSource* view : views) m.widths.push_back(view->columns());
  const Index width = m.offset(m.views()), n = views[0]->rows();
  m.mean = Vector::Zero(width);
  m.scatter = Matrix::Zero(width, width);
  Matrix block(std::min(kBlock, n), width), ends(1, width);
  for (Index first = 0; first < n; first += kBlock) {
    const Index count = std::min(kBlock, n - first);
    const Vector mean = read_block(views, first, count, block);
    add_gram(block.data(), count, m.scatter);
    const double before = static_cast<double>(m.n), now = static_cast<double>(count);
    ends.row(0) = (mean - m.mean).transpose() * std::sqrt(before * now / (before + now));
    add_gram(ends.data(), 1, m.scatter);
    m.mean += (mean - m.mean) * (now / (before + now));
    m.n += count;
  }
  mirror_upper(m.scatter);
  return m;
}

}  // namespace sensorium::classic
