#include "sensorium/torch/reference_kinds.h"
#include "sensorium/train/reference_kinds.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

namespace sensorium::test {

TEST_CASE("reference cases: losses, gradients, ten AdamW steps with running averages, adapters") {
  std::vector<CaseKind> kinds = torch_case_kinds();
  for (CaseKind& kind : train_case_kinds()) kinds.push_back(std::move(kind));
  for (const char* name : {"loss_contrastive", "loss_margin", "loss_triplet", "training_clip", "lora_clip", "siglip"}) {
    const CaseResult result = run_reference_case(goldens() / "clip" / name, kinds);
    INFO(name);
    for (const std::string& failure : result.failures) INFO(failure);
    CHECK(result.passed());
    CHECK(result.skipped.empty());
  }
}

}  // namespace sensorium::test
