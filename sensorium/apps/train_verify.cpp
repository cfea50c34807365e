#include "sensorium/apps/train_verify.h"

#include "sensorium/apps/verify.h"
#include "sensorium/torch/reference_kinds.h"
#include "sensorium/train/reference_kinds.h"

namespace sensorium {

int run_train_verify(const std::vector<std::string>& words) {
  std::vector<CaseKind> kinds = torch_case_kinds();
  for (CaseKind& kind : train_case_kinds()) kinds.push_back(std::move(kind));
  return verify_cases(words, "torch", kinds);
}

}  // namespace sensorium
