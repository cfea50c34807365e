#define SENSORIUM_VECTOR_WIDTH 16
#define SENSORIUM_KERNELS kDistanceAvx512
#include "sensorium/index/distance_kernels_body.h"
