#include "sensorium/index/distance_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium::index {

const DistanceKernels& distance_kernels() {
  static const DistanceKernels& chosen = [&]() -> const DistanceKernels& {
    if (has_avx512()) return kDistanceAvx512;
    if (has_avx2()) return kDistanceAvx2;
    return kDistanceGeneric;
  }();
  return chosen;
}

}  // namespace sensorium::index
