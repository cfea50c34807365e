#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic {

const NmfKernels& nmf_kernels() {
  static const NmfKernels& chosen = [&]() -> const NmfKernels& {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return nmf_avx512::kKernels;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return nmf_avx2::kKernels;
    return nmf_generic::kKernels;
  }();
  return chosen;
}

}  // namespace sensorium::classic
