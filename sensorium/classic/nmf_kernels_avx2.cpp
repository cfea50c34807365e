#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic::nmf_avx2 {
namespace {

constexpr int kWidth = 4, kRows = 6, kVectors = 2;

#include "sensorium/classic/nmf_kernels_body.h"

}  // namespace

const NmfKernels kKernels = {add_product};

}  // namespace sensorium::classic::nmf_avx2
