#include "sensorium/base/json.h"
#include "sensorium/eval/bootstrap.h"
#include "sensorium/eval/probability.h"
#include "sensorium/io/safetensors.h"
#include "tests/support/test_support.h"

#include <doctest/doctest.h>

using namespace sensorium;

TEST_CASE("percentiles of stored resamples equal numpy's") {
  const fs::path folder = test::goldens() / "metrics" / "statistics" / "bootstrap";
  const SafetensorsFile file(folder / "inputs.safetensors");
  const Json expected = read_json(folder / "expected.json");
  const TensorView& draws = file.at("indices");
  const auto replicates = static_cast<size_t>(draws.shape[0]), n = static_cast<size_t>(draws.shape[1]);
  for (const auto& [input, output] : {std::pair{"correct_a", "accuracy_a"}, std::pair{"skewed", "skewed_mean"}}) {
    const auto values = to_float32(file.at(input));
    std::vector<double> means(replicates);
    for (size_t b = 0; b < replicates; ++b)
      for (size_t i = 0; i < n; ++i)
        means[b] += static_cast<double>(values[static_cast<size_t>(draws.data[b * n + i])]) / static_cast<double>(n);
    const Json& want = expected.at(output).at("percentile_95");
    CHECK(quantile(means, 0.025) == doctest::Approx(want[0].get<double>()).epsilon(1e-6));
    CHECK(quantile(means, 0.975) == doctest::Approx(want[1].get<double>()).epsilon(1e-6));
  }
}

TEST_CASE("a bootstrap repeats itself and covers the mean") {
  const auto mean = [](std::span<const int64_t> units) {
    double sum = 0;
    for (const int64_t u : units) sum += static_cast<double>(u);
    return std::vector<double>{sum / static_cast<double>(units.size())};
  };
  const auto a = bootstrap_95({200, 500, 3}, mean), b = bootstrap_95({200, 500, 3}, mean);
  CHECK(a[0].low == b[0].low);
  CHECK(a[0].high == b[0].high);
  CHECK(a[0].low == doctest::Approx(99.5 - 1.96 * 57.7 / 14.14).epsilon(0.02));
  CHECK(a[0].high == doctest::Approx(99.5 + 1.96 * 57.7 / 14.14).epsilon(0.02));
}

TEST_CASE("medians, probabilities and the best k") {
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({4, 1, 2, 3}) == 2.5);
  CHECK(median({7}) == 7);
  const std::vector<double> large{1000, 1000};
  CHECK(softmax(large)[0] == 0.5);
  CHECK(softmax({}).empty());
  const std::vector<double> zero{0};
  CHECK(sigmoid(zero)[0] == 0.5);
  const std::vector<double> values{1, 3, 3, 2};
  CHECK(top_k(values, 2) == std::vector<size_t>{1, 2});
  CHECK(top_k(values, 9) == std::vector<size_t>{1, 2, 3, 0});
}
