#include "sensorium/torch/decode.h"
#include "sensorium/torch/ops.h"

#include "sensorium/models/reference_blip_impl.h"
#include "sensorium/torch/reference_kinds.h"

#include <torch/torch.h>

namespace sensorium {

std::vector<CaseKind> torch_blip_kinds() {
  std::vector<CaseKind> kinds = blip_case_kinds<torch::Tensor>();
  for (CaseKind& kind : kinds)
    kind.run = [run = kind.run](const ReferenceCase& c, CaseReport& report) {
      const torch::NoGradGuard no_grad;
      run(c, report);
    };
  for (CaseKind& kind : formula_case_kinds()) kinds.push_back(std::move(kind));
  return kinds;
}

}  // namespace sensorium
