#pragma once
// The two products that NMF spends its time in, for a block of rows that stays in the cache: a matrix with a few
// columns, and a sum of outer products. BLAS copies its operands into an order of its own first, which for so few
// columns costs as much as the product.

#include "sensorium/classic/matrix.h"

namespace sensorium::classic {

/// `width` is the number of components, padded with zeros to a multiple of 8.
struct NmfKernels {
  /// out (rows x width) = X (rows x p, rows `ldx` apart) B (p x width).
  void (*multiply)(const double* x, Index ldx, Index rows, Index p, const double* b, Index width, double* out);
  /// sum (width x p) += W' X for W (rows x width).
  void (*add_outer)(const double* x, Index ldx, Index rows, Index p, const double* w, Index width, double* sum);
};

/// For this processor: AVX-512, AVX2 or neither. Results of the three may differ in the last bits.
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
