#define SENSORIUM_VECTOR_WIDTH 8
#define SENSORIUM_KERNELS kRankingAvx2
#define SENSORIUM_KERNELS_NAME "avx2"
#include "sensorium/eval/ranking_kernels_body.h"
