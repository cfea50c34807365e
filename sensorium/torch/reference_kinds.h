#pragma once
// The kinds of reference cases that torch::Tensor can run without training.

#include "sensorium/models/reference_case.h"

namespace sensorium {

/// Forward passes of every model, and bf16 runs held to the reference's error level. Kinds with losses and gradients
/// come from `train`.
std::vector<CaseKind> torch_case_kinds();
/// Those of BLIP and of generation, which are among them.
std::vector<CaseKind> torch_blip_kinds();

}  // namespace sensorium
