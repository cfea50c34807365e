#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic::nmf_generic {
namespace {

constexpr int kWidth = 2, kRows = 2, kVectors = 4, kTerms = 4, kSpan = 2;

#include "sensorium/classic/nmf_kernels_body.h"

}  // namespace

const NmfKernels kKernels = {multiply, add_outer};

}  // namespace sensorium::classic::nmf_generic
