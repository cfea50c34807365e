#include "sensorium/io/resize_kernels.h"

namespace sensorium::resize_detail {

const Kernels& kernels() {
  static const Kernels& chosen = []() -> const Kernels& {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
      return kKernelsAvx512;
    if (__builtin_cpu_supports("avx2")) return kKernelsAvx2;
    return kKernelsGeneric;
  }();
  return chosen;
}

}  // namespace sensorium::resize_detail
