#include "sensorium/train/losses.h"

#include "tests/train/gradients.h"

#include "sensorium/base/error.h"

#include <torch/torch.h>

#include <doctest/doctest.h>

#include <cmath>

namespace sensorium::test {
namespace {

using torch::Tensor;

Tensor random(int64_t rows, int64_t columns, uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  return torch::randn({rows, columns}, generator, torch::TensorOptions(torch::kDouble));
}

Tensor number(double x) {
  return torch::full({1}, x, torch::TensorOptions(torch::kDouble));
}

constexpr double kTolerance = 1e-7;

}  // namespace

TEST_CASE("cca_loss: gradients, the closed form of two columns, and what it cannot do") {
  const Tensor a = random(12, 4, 1), b = random(12, 3, 2) + 0.7 * a.narrow(1, 0, 3);
  CHECK(gradient_error([](const auto& v) { return cca_loss(v[0], v[1], 1e-3); }, {a, b}) < kTolerance);
  CHECK(gradient_error([](const auto& v) { return cca_loss(v[0], v[1], 0); }, {a, b}) < kTolerance);
  // One column each: the correlation coefficient.
  const Tensor x = a.narrow(1, 0, 1), y = b.narrow(1, 0, 1);
  const double r = torch::corrcoef(torch::cat({x, y}, 1).t())[0][1].item<double>();
  CHECK(cca_loss(x, y, 0).item<double>() == doctest::Approx(1 - std::abs(r)).epsilon(1e-12));
  // A view and any turn of it are the same.
  CHECK(std::abs(cca_loss(a, torch::mm(a, random(4, 4, 5)), 0).item<double>()) < 1e-9);
  CHECK_THROWS_AS(cca_loss(a.narrow(0, 0, 1), b.narrow(0, 0, 1), 0), InputError);
  CHECK_THROWS_AS(cca_loss(torch::cat({a, torch::zeros({12, 1}, torch::kDouble)}, 1), b, 0), InputError);
}

TEST_CASE("losses: gradients agree with central differences in float64") {
  const Tensor a = random(5, 7, 1), b = random(5, 7, 2);
  CHECK(gradient_error([](const auto& v) { return info_nce_loss(unit_rows(v[0]), unit_rows(v[1]), v[2]); },
                       {a, b, number(1.7)}) < kTolerance);
  const Tensor owner = torch::tensor({0, 0, 1, 2, 2, 2, 3, 4}, torch::kLong);
  CHECK(gradient_error([&](const auto& v) { return info_nce_loss(unit_rows(v[0]), unit_rows(v[1]), owner, v[2]); },
                       {a, random(8, 7, 3), number(1.1)}) < kTolerance);
  CHECK(gradient_error([](const auto& v) { return sigmoid_loss(unit_rows(v[0]), unit_rows(v[1]), v[2], v[3]); },
                       {a, b, number(1.2), number(-2)}) < kTolerance);
  const Tensor match = torch::tensor({1.0, 0.0, 1.0, 0.0, 0.0}, torch::kDouble);
  for (const double margin : {0.2, 1.0, 1.9})
    CHECK(gradient_error([&](const auto& v) { return margin_loss(unit_rows(v[0]), unit_rows(v[1]), match, margin); },
                         {a, b}) < kTolerance);
  for (const Negatives negatives : {Negatives::hardest, Negatives::all})
    CHECK(gradient_error([&](const auto& v) { return triplet_loss(unit_rows(v[0]), unit_rows(v[1]), 0.3, negatives); },
                         {a, b}) < kTolerance);
}

TEST_CASE("losses: with one caption a picture, the general InfoNCE is the plain one") {
  const Tensor a = unit_rows(random(6, 4, 4)), b = unit_rows(random(6, 4, 5)), scale = number(2);
  const Tensor owner = torch::arange(6, torch::TensorOptions(torch::kLong));
  CHECK(info_nce_loss(a, b, owner, scale).item<double>() ==
        doctest::Approx(info_nce_loss(a, b, scale).item<double>()).epsilon(1e-12));
}

TEST_CASE("losses: known values") {
  const Tensor same = torch::eye(3, torch::TensorOptions(torch::kDouble));
  const Tensor match = torch::ones({3}, torch::TensorOptions(torch::kDouble));
  CHECK(margin_loss(same, same, match, 0.5).item<double>() == 0);
  CHECK(margin_loss(same, same, 1 - match, 0.5).item<double>() == 0.25);
  CHECK(triplet_loss(same, same, 0.2, Negatives::all).item<double>() == 0);
  CHECK(triplet_loss(same, same, 1.5, Negatives::hardest).item<double>() == doctest::Approx(6 * 0.5));
  const Tensor none = torch::zeros({4, 2}, torch::TensorOptions(torch::kDouble));
  CHECK(info_nce_loss(none, none, number(0)).item<double>() == doctest::Approx(std::log(4.0)));
}

}  // namespace sensorium::test
