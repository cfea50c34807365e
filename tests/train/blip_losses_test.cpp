#include "sensorium/train/blip_losses.h"

#include "sensorium/torch/reference_kinds.h"
#include "sensorium/train/reference_kinds.h"
#include "tests/support/test_support.h"
#include "tests/train/gradients.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

#include <algorithm>

namespace sensorium::test {
namespace {

using torch::Tensor;

Tensor rows(int64_t n, int64_t width, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const Tensor x = torch::randn({n, width}, generator, torch::TensorOptions(torch::kDouble));
  return x / x.norm(2, 1, true);
}

}  // namespace

TEST_CASE("BLIP's losses: gradients agree with central differences in float64") {
  MomentumFeatures slow{rows(4, 5, 1), rows(4, 5, 2), rows(6, 5, 3).t(), rows(6, 5, 4).t(), {}, {}};
  const Tensor temperature = torch::full({1}, 0.3, torch::TensorOptions(torch::kDouble));
  // The targets depend on the temperature too, without a gradient: alpha 0 leaves only the truth.
  const auto loss = [&](const auto& v) { return momentum_contrast_loss(v[0], v[1], slow, v[2], 0).loss; };
  CHECK(gradient_error(loss, {rows(4, 5, 5), rows(4, 5, 6), temperature}) < 1e-7);
  slow.ids = torch::tensor({7, 8, 9, 7}, torch::kLong);
  slow.ids_queue = torch::tensor({7, 1, 2, 9, 3, 4}, torch::kLong);
  const auto soft = [&](const auto& v) { return momentum_contrast_loss(v[0], v[1], slow, temperature, 0.4).loss; };
  CHECK(gradient_error(soft, {rows(4, 5, 5), rows(4, 5, 6)}) < 1e-7);
  const std::vector<int64_t> labels{-100, 2, 1, 0, 3, -100};
  CHECK(gradient_error(
            [&](const auto& v) {
              return language_loss(v[0].view({2, 3, 4}), labels, 0.1);
            },
            {rows(6, 4, 7)}) < 1e-7);
}

TEST_CASE("the queue wraps, and takes no gradient") {
  Tensor queue = torch::zeros({2, 5});
  push_to_queue(queue, torch::tensor({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}}), 3);
  CHECK(queue.equal(torch::tensor({{5.f, 0.f, 0.f, 1.f, 3.f}, {6.f, 0.f, 0.f, 2.f, 4.f}})));
}

TEST_CASE("hard negatives are likely confusions, never the pair itself nor one of its identity") {
  Tensor similarities = torch::zeros({4, 4});
  similarities[0][2] = 20;  // the first is confused with the third
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<int64_t> drawn = draw_hard_negatives(similarities, {}, seed);
    CHECK(drawn[0] == 2);
    for (int64_t i = 0; i < 4; ++i) CHECK(drawn[static_cast<size_t>(i)] != i);
    CHECK(drawn == draw_hard_negatives(similarities, {}, seed));
    CHECK(draw_hard_negatives(similarities, {1, 2, 1, 3}, seed)[0] != 2);
  }
}

TEST_CASE("reference cases of BLIP: losses, every gradient, momentum contrast") {
  std::vector<CaseKind> kinds = torch_case_kinds();
  for (CaseKind& kind : train_case_kinds()) kinds.push_back(std::move(kind));
  for (const char* area : {"blip", "generation"})
    for (const fs::path& folder : find_reference_cases(goldens() / area)) {
      const CaseResult result = run_reference_case(folder, kinds);
      for (const std::string& failure : result.failures) FAIL_CHECK(result.name << ": " << failure);
      CHECK_MESSAGE(result.passed(), result.name);
      CHECK(result.skipped.empty());
    }
}

TEST_CASE("mismatches at random are uniform among the allowed, whatever the similarities say") {
  Tensor similarities = torch::zeros({3, 3});
  similarities[0][2] = 50;
  int second = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    second += draw_hard_negatives(similarities, {}, seed, 1)[0] == 1;
    CHECK(draw_hard_negatives(similarities, {}, seed, 0) == draw_hard_negatives(similarities, {}, seed));
  }
  CHECK(second > 70);
  CHECK(second < 130);
}

TEST_CASE("a balanced matching loss is the mean of the two kinds' own means") {
  const Tensor logits = torch::tensor({{1.0, 0.0}, {0.0, 3.0}, {2.0, 0.5}});
  const auto one = [&](int64_t row, int64_t label) {
    return match_loss(logits.narrow(0, row, 1), {label}).item<double>();
  };
  const double expected = (one(0, 1) + (one(1, 0) + one(2, 0)) / 2) / 2;
  CHECK(match_loss(logits, {1, 0, 0}, true).item<double>() == doctest::Approx(expected));
  CHECK(match_loss(logits, {1, 0, 0}).item<double>() == doctest::Approx((one(0, 1) + one(1, 0) + one(2, 0)) / 3));
}

TEST_CASE("a weighted language loss sums each row's tokens; gradients in float64") {
  const std::vector<int64_t> labels{-100, 2, 1, 0, 3, -100};
  const auto row = [&](const Tensor& logits, int64_t r) {
    const auto first = labels.begin() + 3 * r;
    const std::vector<int64_t> own(first, first + 3);
    const auto counted = std::count_if(own.begin() + 1, own.end(), [](int64_t l) { return l >= 0; });
    return language_loss(logits.narrow(0, r, 1), own, 0.1).item<double>() * static_cast<double>(counted);
  };
  const Tensor logits = rows(6, 4, 9).view({2, 3, 4});
  CHECK(weighted_language_loss(logits, labels, {0.3, 0.7}, 0.1).item<double>() ==
        doctest::Approx(0.3 * row(logits, 0) + 0.7 * row(logits, 1)));
  CHECK(gradient_error(
            [&](const auto& v) {
              return weighted_language_loss(v[0].view({2, 3, 4}), labels, {0.3, 0.7}, 0.1);
            },
            {rows(6, 4, 7)}) < 1e-7);
}

}  // namespace sensorium::test
