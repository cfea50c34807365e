#pragma once
// The two products that NMF spends its time in, for a block of rows: a matrix with a few columns, and a sum of outer
// products. BLAS copies its operands into an order of its own for each, which for so few columns costs as much as the
// product; here the first product keeps what it read in an order that suits both, so that rows are fetched from memory
// once an iteration.

#include "sensorium/classic/matrix.h"

namespace sensorium::classic {

/// Columns of X that are read together.
inline constexpr Index kStrip = 96;
/// p columns padded to whole strips.
inline Index strip_columns(Index p) {
  return (p + kStrip - 1) / kStrip * kStrip;
}

/// `width` is the number of components, padded with zeros to a multiple of 8; `columns` = strip_columns(p).
struct NmfKernels {
  /// out (rows x width) = X (rows x p, rows `ldx` apart) B (columns x width, zeros beyond p), and X in the order that
  /// add_outer reads to `packed` (rows x columns).
  void (*multiply)(const double* x, Index ldx, Index rows, Index p, const double* b, Index width, double* out,
                   double* packed);
  /// sum (width x columns) += W' X for W (rows x width) and X as multiply packed it.
  void (*add_outer)(const double* packed, Index rows, Index columns, const double* w, Index width, double* sum);
};

/// For this processor: AVX-512, AVX2 or neither. Results of the three may differ in the last bits; those of one can be
/// packed for another only by chance.
const NmfKernels& nmf_kernels();

namespace nmf_generic {
extern const NmfKernels kKernels;
}
namespace nmf_avx2 {
extern const NmfKernels kKernels;
}
namespace nmf_avx512 {
extern const NmfKernels kKernels;
}

}  // namespace sensorium::classic
