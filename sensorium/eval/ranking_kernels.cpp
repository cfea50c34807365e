#include "sensorium/eval/ranking_kernels.h"

#include "sensorium/base/processor.h"

namespace sensorium {

const RankingKernels& ranking_kernels() {
  static const RankingKernels& chosen = [&]() -> const RankingKernels& {
    if (has_avx512()) return kRankingAvx512;
    if (has_avx2()) return kRankingAvx2;
    return kRankingGeneric;
  }();
  return chosen;
}

}  // namespace sensorium
