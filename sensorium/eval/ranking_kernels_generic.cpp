#define SENSORIUM_VECTOR_WIDTH 4
#define SENSORIUM_KERNELS kRankingGeneric
#define SENSORIUM_KERNELS_NAME "generic"
#include "sensorium/eval/ranking_kernels_body.h"
