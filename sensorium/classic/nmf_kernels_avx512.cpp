#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic::nmf_avx512 {
namespace {

constexpr int kWidth = 8, kRows = 6, kVectors = 4;

#include "sensorium/classic/nmf_kernels_body.h"

}  // namespace

const NmfKernels kKernels = {add_product};

}  // namespace sensorium::classic::nmf_avx512
