#include "sensorium/index/distance_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium::index {

const DistanceKernels& distance_kernels() {
  static const DistanceKernels& chosen = best_build(kDistanceGeneric, kDistanceAvx2, kDistanceAvx512);
  return chosen;
}

}  // namespace sensorium::index
