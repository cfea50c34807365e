#include "sensorium/models/reference_pictures.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

TEST_CASE("every reference picture agrees with Pillow and transformers") {
  const std::vector<ReferenceArea> areas = {picture_area()};
  const std::vector<FoundArea> found = find_reference_areas(test::goldens() / "images", areas);
  REQUIRE(found.size() == 1);
  const std::vector<CaseResult> results = run_reference_area(found[0]);
  REQUIRE(results.size() == 6);
  for (const CaseResult& result : results) {
    for (const std::string& failure : result.failures) FAIL_CHECK(result.name << ": " << failure);
    CHECK_MESSAGE(result.compared >= 30, result.name);
  }
}

TEST_CASE("an area is found below the folder that is given, and a broken one fails") {
  const test::ScratchFolder scratch;
  fs::create_directory(scratch / "pictures");
  const std::vector<ReferenceArea> areas = {picture_area()};
  CHECK(find_reference_areas(scratch.path(), areas).empty());
  write_file(fs::path(scratch / "pictures") / "decoded.json",
             R"({"entries": [{"file": "gone.png", "rgb": {"key": null, "sha256": ""}}]})");
  const std::vector<FoundArea> found = find_reference_areas(scratch.path(), areas);
  REQUIRE(found.size() == 1);
  const std::vector<CaseResult> results = run_reference_area(found[0]);
  REQUIRE(results.size() == 1);
  CHECK_FALSE(results[0].passed());
  CHECK(results[0].name == "pictures/decoded");
  REQUIRE(results[0].failures.size() == 1);
  CHECK(results[0].failures[0].starts_with("gone.png: [read] "));
  write_file(fs::path(scratch / "pictures") / "decoded.json", "{}");
  CHECK(run_reference_area(found[0])[0].failures.size() == 1);
}
