#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic::nmf_avx2 {
namespace {

constexpr int kWidth = 4, kRows = 6, kVectors = 2, kTerms = 4, kSpan = 3;

#include "sensorium/classic/nmf_kernels_body.h"

}  // namespace

const NmfKernels kKernels = {multiply, add_outer};

}  // namespace sensorium::classic::nmf_avx2
