#include "sensorium/io/resize_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium::resize_detail {

const Kernels& kernels() {
  static const Kernels& chosen = best_build(kKernelsGeneric, kKernelsAvx2, kKernelsAvx512);
  return chosen;
}

}  // namespace sensorium::resize_detail
