#include "sensorium/classic/nmf_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium::classic {

const NmfKernels& nmf_kernels() {
  static const NmfKernels& chosen = [&]() -> const NmfKernels& {
    if (has_avx512()) return nmf_avx512::kKernels;
    if (has_avx2()) return nmf_avx2::kKernels;
    return nmf_generic::kKernels;
  }();
  return chosen;
}

}  // namespace sensorium::classic
