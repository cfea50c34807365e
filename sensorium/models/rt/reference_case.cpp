#include "sensorium/models/rt/rt_ops.h"

#include "sensorium/models/reference_case_impl.h"
#include "sensorium/models/rt/reference_kinds.h"

namespace sensorium {

template std::vector<CaseKind> model_case_kinds<rt::Tensor>();

std::vector<CaseKind> rt_case_kinds() {
  std::vector<CaseKind> kinds = model_case_kinds<rt::Tensor>();
  for (CaseKind& kind : rt_blip_kinds()) kinds.push_back(std::move(kind));
  kinds.push_back(training_skipped_kind("needs --tensor torch"));
  kinds.push_back({"bf16", [](const ReferenceCase& c) { return c.has_outputs_under("bf16."); },
                   [](const ReferenceCase&, CaseReport& report) {
                     report.skip("bf16.", "an error level of torch: needs --tensor torch");
                   }});
  return kinds;
}

}  // namespace sensorium
