#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic::nmf_avx512 {
namespace {

constexpr int kWidth = 8, kRows = 6, kVectors = 4, kTerms = 8, kSpan = 3;

#include "sensorium/classic/nmf_kernels_body.h"

}  // namespace

const NmfKernels kKernels = {multiply, add_outer};

}  // namespace sensorium::classic::nmf_avx512
