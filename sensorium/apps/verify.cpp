#include "sensorium/apps/verify.h"

#include "sensorium/apps/trainer.h"
#include "sensorium/classic/reference_kinds.h"
#include "sensorium/eval/reference_kinds.h"
#include "sensorium/models/reference_pictures.h"
#include "sensorium/models/reference_tokenizers.h"
#include "sensorium/models/rt/reference_kinds.h"

namespace sensorium {
namespace {

int run_on_torch(const std::vector<std::string>& words) {
  std::vector<std::string> all{"verify"};
  all.insert(all.end(), words.begin(), words.end());
  run_trainer(all);
}

}  // namespace

int run_verify(const std::vector<std::string>& words) {
  std::vector<ExpectedKind> formulas = classic::reference_kinds();
  for (ExpectedKind& kind : metric_case_kinds()) formulas.push_back(std::move(kind));
  return verify_cases(words, "rt", rt_case_kinds(), {picture_area(), tokenizer_area()}, formulas, run_on_torch);
}

}  // namespace sensorium
