#define SENSORIUM_KERNELS kKernelsAmx
#define SENSORIUM_KERNELS_NAME "amx"
#define SENSORIUM_VECTOR_WIDTH 16
#define SENSORIUM_TILES kVectorTile<MacFp32>, kMatrixTile<Bf16Dots>, kMatrixTile<Int8Dots>
// In this order, each on top of those before it:
// clang-format off
#include "sensorium/tensor/vector_math.h"
#include "sensorium/tensor/kernels_body.h"
#include "sensorium/tensor/multiply_accumulate.h"
#include "sensorium/tensor/finish_body.h"
#include "sensorium/tensor/tiles_body.h"
#include "sensorium/tensor/winograd_body.h"
#include "sensorium/tensor/matrix_tiles_body.h"
#include "sensorium/tensor/kernels_table.h"
// clang-format on
