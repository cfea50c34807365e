#include "sensorium/classic/nmf_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium::classic {

const NmfKernels& nmf_kernels() {
  static const NmfKernels& chosen = best_build(nmf_generic::kKernels, nmf_avx2::kKernels, nmf_avx512::kKernels);
  return chosen;
}

}  // namespace sensorium::classic
