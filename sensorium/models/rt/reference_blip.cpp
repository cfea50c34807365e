#include "sensorium/models/rt/rt_ops.h"
#include "sensorium/tensor/decode.h"

#include "sensorium/models/reference_blip_impl.h"
#include "sensorium/models/rt/reference_kinds.h"

namespace sensorium {

std::vector<CaseKind> rt_blip_kinds() {
  std::vector<CaseKind> kinds = blip_case_kinds<rt::Tensor>();
  for (CaseKind& kind : formula_case_kinds()) kinds.push_back(std::move(kind));
  kinds.push_back(
      {"gradients of retrieval", [](const ReferenceCase&) { return true; },
       [](const ReferenceCase&, CaseReport& report) { report.skip("retrieval.grad.", "needs --tensor torch"); }});
  return kinds;
}

}  // namespace sensorium
