#include "sensorium/eval/ranking_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium {

const RankingKernels& ranking_kernels() {
  static const RankingKernels& chosen = best_build(kRankingGeneric, kRankingAvx2, kRankingAvx512);
  return chosen;
}

}  // namespace sensorium
