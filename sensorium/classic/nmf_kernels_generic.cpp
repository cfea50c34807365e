#include "sensorium/classic/nmf_kernels.h"

namespace sensorium::classic::nmf_generic {
namespace {

constexpr int kWidth = 2, kRows = 2, kVectors = 4;

#include "sensorium/classic/nmf_kernels_body.h"

}  // namespace

const NmfKernels kKernels = {add_product};

}  // namespace sensorium::classic::nmf_generic
