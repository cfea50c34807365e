// Every model on rt::Tensor, against outputs of transformers and open_clip.

#include "sensorium/models/rt/reference_kinds.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace sensorium;

TEST_CASE("every reference case of the CLIP family agrees on rt") {
  const std::vector<fs::path> folders = find_reference_cases(test::goldens() / "clip");
  REQUIRE(folders.size() >= 15);
  for (const fs::path& folder : folders) {
    const CaseResult result = run_reference_case(folder, rt_case_kinds());
    for (const std::string& failure : result.failures) FAIL_CHECK(result.name << ": " << failure);
    const bool loss = folder.filename().string().starts_with("loss_");
    CHECK_MESSAGE(result.passed() == !loss, result.name);
    CHECK_MESSAGE(result.only_skipped() == loss, result.name);
  }
}

TEST_CASE("a changed output fails its case by name") {
  const fs::path golden = test::goldens() / "clip" / "vit_classifier";
  const test::ScratchFolder scratch;
  fs::copy(golden, scratch / "case", fs::copy_options::recursive);
  const SafetensorsFile outputs(golden / "outputs.safetensors");
  NamedTensors changed;
  std::vector<float> logits = to_float32(outputs.at("logits"));
  const float largest = std::abs(
      *std::max_element(logits.begin(), logits.end(), [](float a, float b) { return std::abs(a) < std::abs(b); }));
  logits[0] += 1e-4f * largest;
  for (const auto& [name, view] : outputs.tensors())
    changed.emplace_back(name, name == "logits" ? TensorView::of(logits.data(), view.shape) : view);
  const float nobody = 1;
  changed.emplace_back("made_up", TensorView::of(&nobody, {1}));
  write_safetensors(fs::path(scratch / "case") / "outputs.safetensors", changed);

  const CaseResult result = run_reference_case(scratch / "case", rt_case_kinds());
  CHECK_FALSE(result.passed());
  CHECK(result.worst_output == "logits");
  REQUIRE(result.failures.size() == 2);
  CHECK(result.failures[0].starts_with("logits: expected a relative error of at most"));
  CHECK(result.failures[1] == "made_up: expected a kind of check that computes it, got none");
}

TEST_CASE("a case without its files fails") {
  const test::ScratchFolder scratch;
  fs::create_directory(scratch / "case");
  write_file(fs::path(scratch / "case") / "case.json", "{}\n");
  REQUIRE(find_reference_cases(scratch.path()).size() == 1);
  const CaseResult result = run_reference_case(scratch / "case", rt_case_kinds());
  CHECK_FALSE(result.passed());
  CHECK_FALSE(result.only_skipped());
}
