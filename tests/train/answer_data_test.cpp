#include "sensorium/train/answer_data.h"
#include "sensorium/train/match_validation.h"

#include "tests/support/test_support.h"

#include <doctest/doctest.h>

namespace sensorium::test {

TEST_CASE("answers weigh as the share of people who gave them") {
  const auto answers = weighted_answers({"how many?", {"two", "2", "two", "two"}, "number"});
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].text == "two");
  CHECK(answers[0].weight == doctest::Approx(0.75));
  CHECK(answers[1].weight == doctest::Approx(0.25));
}

TEST_CASE("an answer's accuracy is the VQA challenge's") {
  CHECK(answer_accuracy(0, 10) == 0);
  CHECK(answer_accuracy(1, 10) == doctest::Approx(0.3));  // left out once: 0, else a third
  CHECK(answer_accuracy(2, 10) == doctest::Approx(0.6));
  CHECK(answer_accuracy(3, 10) == doctest::Approx(0.9));
  CHECK(answer_accuracy(4, 10) == 1);
  CHECK(answer_accuracy(1, 1) == 1);
  CHECK(answer_accuracy(0, 1) == 0);
}

TEST_CASE("common answers come by their number, then by name") {
  PairData data;
  Record r;
  r.questions = {{"a?", {"yes", "no", "no"}, ""}, {"b?", {"blue", "yes"}, ""}};
  data.records = {r};
  CHECK(common_answers(data, 2) == std::vector<std::string>{"no", "yes"});
  CHECK(common_answers(data, 9).size() == 3);
}

TEST_CASE("the boundary of matching keeps as many matches as it removes mismatches") {
  const MatchFigures f = match_figures({-1, 0.5, 1, 2}, {-3, -2, -1.5, 0.2});
  CHECK(f.pairs == 8);
  CHECK(f.matches_kept == 0.75);
  CHECK(f.mismatches_removed == 0.75);
  CHECK(f.accuracy == 0.75);
  CHECK(f.auc == doctest::Approx(15.0 / 16));
  // All matches lie above zero, but so do two mismatches: a boundary of 1.75 keeps and removes three of four.
  const MatchFigures shifted = match_figures({1, 3, 4, 5}, {-1, -2, 1.5, 2});
  CHECK(shifted.matches_kept == 1);
  CHECK(shifted.mismatches_removed == 0.5);
  CHECK(shifted.balanced_accuracy == 0.75);
  CHECK(shifted.boundary > 1.5);
  CHECK(shifted.boundary < 2);
}

}  // namespace sensorium::test
