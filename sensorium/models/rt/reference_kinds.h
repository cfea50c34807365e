#pragma once
// The kinds of reference cases that rt::Tensor can run.

#include "sensorium/models/reference_case.h"

namespace sensorium {

/// Forward passes of every model; what needs training or torch's bf16 is skipped and says so.
std::vector<CaseKind> rt_case_kinds();
/// Those of BLIP and of generation, which are among them.
std::vector<CaseKind> rt_blip_kinds();

}  // namespace sensorium
