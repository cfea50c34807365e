#define SENSORIUM_VECTOR_WIDTH 16
#define SENSORIUM_KERNELS kRankingAvx512
#define SENSORIUM_KERNELS_NAME "avx512"
#include "sensorium/eval/ranking_kernels_body.h"
