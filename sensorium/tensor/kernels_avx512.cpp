#define SENSORIUM_KERNELS kKernelsAvx512
#define SENSORIUM_KERNELS_NAME "avx512"
#define SENSORIUM_VECTOR_WIDTH 16
#include "sensorium/tensor/kernels_body.h"
