#define SENSORIUM_KERNELS kKernelsAvx512
#define SENSORIUM_KERNELS_NAME "avx512"
#include "sensorium/io/resize_kernels_body.h"
