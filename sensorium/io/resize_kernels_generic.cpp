#define SENSORIUM_KERNELS kKernelsGeneric
#define SENSORIUM_KERNELS_NAME "generic"
#include "sensorium/io/resize_kernels_body.h"
