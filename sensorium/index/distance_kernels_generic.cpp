#define SENSORIUM_VECTOR_WIDTH 4
#define SENSORIUM_KERNELS kDistanceGeneric
#include "sensorium/index/distance_kernels_body.h"
