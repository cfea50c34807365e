#define SENSORIUM_VECTOR_WIDTH 8
#define SENSORIUM_KERNELS kDistanceAvx2
#include "sensorium/index/distance_kernels_body.h"
