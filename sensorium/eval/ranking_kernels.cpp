#include "sensorium/eval/ranking_kernels.h"

namespace sensorium {

const RankingKernels& ranking_kernels() {
  static const RankingKernels& chosen = [&]() -> const RankingKernels& {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
      return kRankingAvx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kRankingAvx2;
    return kRankingGeneric;
  }();
  return chosen;
}

}  // namespace sensorium
