#pragma once
// The product that NMF spends its time in: a block of X, or that block transposed, with a few columns. BLAS copies its
// operands into an order of its own, which for so few columns costs as much as the product. This one reads X where it
// lies, so that a block of rows which fits the second cache comes from memory once for both products.

#include "sensorium/classic/matrix.h"

namespace sensorium::classic {

/// A matrix whose value (r, i) stands at at[r * down + i * across].
struct Strided {
  const double* at;
  Index down, across;
};

struct NmfKernels {
  /// out (rows x width) += A (rows x terms) B (terms x width); `width` is a multiple of 8. Where `across` is 1, A is
  /// taken to come from memory, followed by more of its rows, and is asked for in advance.
  void (*add_product)(Strided a, Index rows, Index terms, const double* b, Index width, double* out);
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
