#include "sensorium/io/resize_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium::resize_detail {

const Kernels& kernels() {
  static const Kernels& chosen = []() -> const Kernels& {
    if (has_avx512()) return kKernelsAvx512;
    if (has_avx2()) return kKernelsAvx2;
    return kKernelsGeneric;
  }();
  return chosen;
}

}  // namespace sensorium::resize_detail
