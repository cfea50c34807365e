// Every model on torch::Tensor, against the outputs of transformers and open_clip that rt::Tensor is held to as well.

#include "sensorium/torch/reference_kinds.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

TEST_CASE("every reference case of the CLIP family agrees on torch") {
  const std::vector<fs::path> folders = find_reference_cases(test::goldens() / "clip");
  REQUIRE(folders.size() >= 15);
  std::vector<CaseKind> kinds = torch_case_kinds();
  kinds.push_back(training_skipped_kind("the training room's tests check it"));
  for (const fs::path& folder : folders) {
    const CaseResult result = run_reference_case(folder, kinds);
    for (const std::string& failure : result.failures) FAIL_CHECK(result.name << ": " << failure);
    CHECK_MESSAGE((result.passed() || result.only_skipped()), result.name);
  }
}

TEST_CASE("every reference case of BLIP and of generation agrees on torch") {
  std::vector<CaseKind> kinds = torch_case_kinds();
  kinds.push_back(training_skipped_kind("the training room's tests check it"));
  kinds.push_back({"retrieval", [](const ReferenceCase&) { return true; },
                   [](const ReferenceCase&, CaseReport& report) {
                     report.skip("retrieval.grad.", "the training room's tests check it");
                   }});
  for (const char* area : {"blip", "generation"})
    for (const fs::path& folder : find_reference_cases(test::goldens() / area)) {
      const CaseResult result = run_reference_case(folder, kinds);
      for (const std::string& failure : result.failures) FAIL_CHECK(result.name << ": " << failure);
      CHECK_MESSAGE(result.passed(), result.name);
    }
}
