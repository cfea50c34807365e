#define SENSORIUM_KERNELS kKernelsAvx2
#define SENSORIUM_KERNELS_NAME "avx2"
#include "sensorium/io/resize_kernels_body.h"
