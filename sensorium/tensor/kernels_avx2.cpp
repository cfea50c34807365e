#define SENSORIUM_KERNELS kKernelsAvx2
#define SENSORIUM_KERNELS_NAME "avx2"
#define SENSORIUM_VECTOR_WIDTH 8
#include "sensorium/tensor/kernels_body.h"
