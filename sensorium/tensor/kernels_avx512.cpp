#define SENSORIUM_KERNELS kKernelsAvx512
#define SENSORIUM_KERNELS_NAME "avx512"
#define SENSORIUM_VECTOR_WIDTH 16
// In this order, each on top of those before it:
// clang-format off
#include "sensorium/tensor/vector_math.h"
#include "sensorium/tensor/kernels_body.h"
#include "sensorium/tensor/multiply_accumulate.h"
#include "sensorium/tensor/finish_body.h"
#include "sensorium/tensor/tiles_body.h"
#include "sensorium/tensor/winograd_body.h"
#include "sensorium/tensor/kernels_table.h"
// clang-format on
