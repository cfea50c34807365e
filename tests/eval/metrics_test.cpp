// Every figure against the reference implementations (tests/goldens/metrics), and what they refuse.

#include "sensorium/eval/class_scores.h"
#include "sensorium/eval/confusion.h"
#include "sensorium/eval/generation_scores.h"
#include "sensorium/eval/reference_kinds.h"
#include "sensorium/eval/score_curves.h"
#include "sensorium/eval/significance.h"
#include "tests/eval/meteor_folder.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace sensorium;
using test::error_of;

TEST_CASE("figures equal the reference") {
  test::published_meteor_tables();
  int cases = 0;
  for (const char* group : {"classification", "captions", "generation", "retrieval", "statistics"})
    for (const fs::path& folder : find_reference_cases(test::goldens() / "metrics" / group)) {
      const CaseResult result = run_expected_case(folder, metric_case_kinds());
      CAPTURE(result.name);
      for (const std::string& failure : result.failures) CHECK_MESSAGE(false, failure);
      CHECK(result.passed());
      ++cases;
    }
  CHECK(cases >= 15);
}

TEST_CASE("a figure that differs fails its case") {
  const test::ScratchFolder scratch;
  const fs::path from = test::goldens() / "metrics" / "classification" / "log_loss_clip";
  const fs::path to = scratch / "classification";
  fs::create_directories(to);
  fs::copy(from, to / "log_loss_clip", fs::copy_options::recursive);
  write_file(to / "log_loss_clip" / "expected.json", R"({"log_loss": 18.1})");
  const CaseResult result = run_expected_case(to / "log_loss_clip", metric_case_kinds());
  CHECK(!result.passed());
  REQUIRE(result.failures.size() == 1);
  CHECK(result.failures[0].starts_with("log_loss: expected 18.1, got "));
}

TEST_CASE("McNemar's test survives large counts") {
  const McNemar m = mcnemar(60000, 61000);
  CHECK(m.exact_p == doctest::Approx(m.chi2_corrected_p).epsilon(1e-3));
  CHECK(mcnemar(0, 0).exact_p == 1);
  CHECK(mcnemar(5, 5).exact_p == 1);
}

TEST_CASE("permutations from a seed: the same on any number of threads, near the exact share") {
  const std::vector<double> d = {0.3, -0.1, 0.8, 0.2, 0.5, -0.4, 0.9, 0.1, 0.6, -0.2};
  const PairedPermutation a = permutation_test(d, 20000, uint64_t{3}), b = permutation_test(d, 20000, uint64_t{3});
  CHECK(a.p_two_sided == b.p_two_sided);
  CHECK(a.p_two_sided == doctest::Approx(exact_permutation_p(d)).epsilon(0.1));
  CHECK(a.p_one_sided < a.p_two_sided);
}

TEST_CASE("the normal law and its inverse") {
  for (const double p : {1e-12, 0.025, 0.5, 0.975, 1 - 1e-12})
    CHECK(normal_cdf(normal_quantile(p)) == doctest::Approx(p));
  CHECK(normal_quantile(0.975) == doctest::Approx(1.959963984540054));
  CHECK(std::isnan(normal_quantile(1.5)));
}

TEST_CASE("kernel distance of subsets is drawn by the seed") {
  std::vector<double> x, y;
  for (int i = 0; i < 120; ++i) x.push_back(std::sin(i)), y.push_back(std::cos(3 * i));
  const FeatureRows a{x, 4}, b{y, 4};
  const auto first = kernel_distance_subsets(a, b, 3, 10, 7), again = kernel_distance_subsets(a, b, 3, 10, 7);
  CHECK(first == again);
  CHECK(first != kernel_distance_subsets(a, b, 3, 10, 8));
  CHECK(frechet_distance(fit_gaussian(a), fit_gaussian(a)) == doctest::Approx(0).epsilon(1e-9));
}

TEST_CASE("faults of the data are said") {
  const std::vector<int64_t> two{0, 1}, one{0}, wrong{0, 2};
  const std::vector<double> nan{0.5, std::nan("")}, scores{0.5, 0.1, 0.2, 0.9};
  const std::vector<uint8_t> flags{1, 0};
  CHECK(error_of([&] { Confusion(two, one, 2); }) ==
        "[evaluate classify] expected as many predictions as labels, at least one, got 1 and 2");
  CHECK(error_of([&] { Confusion(two, wrong, 2); }) ==
        "[evaluate classify] expected classes below 2, got 2 for item 1");
  CHECK(error_of([&] { roc_auc(flags, nan); }) == "[evaluate] expected finite scores, got nan for item 1");
  CHECK(error_of([&] {
          top_k_accuracy({scores, 2}, wrong, 1);
        }) == "[evaluate] expected classes below 2, got 2 for item 1");
  CHECK(error_of([&] { calibration(std::vector<double>{1.5}, std::vector<uint8_t>{1}); }) ==
        "[evaluate] expected probabilities between 0 and 1, got 1.5 for item 0");
  CHECK(error_of([&] {
          fit_gaussian({scores, 4});
        }) == "[evaluate generate] expected at least 2 rows of features, got 1");
  CHECK(error_of([&] {
          frechet_distance(fit_gaussian({scores, 2}), fit_gaussian({scores, 1}));
        }) == "[evaluate generate] expected features of one width, got 2 and 1");
  CHECK(std::isnan(roc_auc(std::vector<uint8_t>{1, 1}, std::vector<double>{0, 1})));
}
