#include "sensorium/classic/reference_kinds.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

TEST_CASE("every reference case of classic passes") {
  const auto cases = find_reference_cases(test::goldens() / "classic");
  CHECK(cases.size() == 31);
  for (const fs::path& folder : cases) {
    const CaseResult result = run_expected_case(folder, classic::reference_kinds());
    std::string failures;
    for (const std::string& failure : result.failures) failures += failure + "\n";
    CHECK_MESSAGE(result.passed(), result.name << "\n" << failures);
  }
}

TEST_CASE("an expected value that nothing computes, or that differs, is a failure") {
  const test::ScratchFolder scratch;
  const fs::path folder = scratch / "bounds";
  fs::copy(test::goldens() / "classic" / "mutual_information" / "bounds", folder);
  fs::create_directories(scratch / "mutual_information");
  fs::rename(folder, scratch / "mutual_information" / "bounds");
  const fs::path file = scratch / "mutual_information" / "bounds" / "expected.json";
  Json expected = read_json(file);
  expected["infonce"] = 1.0;
  expected["unheard_of"] = 2.0;
  write_file(file, expected.dump());
  const CaseResult result = run_expected_case(file.parent_path(), classic::reference_kinds());
  REQUIRE(result.failures.size() == 2);
  CHECK(result.failures[0].starts_with("infonce: expected 1.0, got "));
  CHECK(result.failures[1] == "unheard_of: expected a kind of check that computes it, got none");
}
