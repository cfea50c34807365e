#pragma once
// The kinds of reference cases that need training: gradients, optimiser steps with running averages, losses in float64.

#include "sensorium/models/reference_case.h"

namespace sensorium {

/// Beside torch_case_kinds().
std::vector<CaseKind> train_case_kinds();
/// Those of BLIP, which are among them.
std::vector<CaseKind> blip_train_case_kinds();

}  // namespace sensorium
