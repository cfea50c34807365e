#define SENSORIUM_KERNELS kKernelsGeneric
#define SENSORIUM_KERNELS_NAME "generic"
#define SENSORIUM_VECTOR_WIDTH 4
#include "sensorium/tensor/kernels_body.h"
