#include "sensorium/tensor/kernels.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

#include <limits>

using namespace sensorium;
using namespace sensorium::test;

namespace {

/// Every variant this processor can run.
std::vector<const rt::Kernels*> variants() {
  std::vector<const rt::Kernels*> all{&rt::kKernelsGeneric};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) all.push_back(&rt::kKernelsAvx2);
  if (&rt::kernels() == &rt::kKernelsAvx512) all.push_back(&rt::kKernelsAvx512);
  return all;
}

}  // namespace

TEST_CASE("exp is within 2e-7 of the exact value, relative, and 0 far below") {
  std::vector<float> x;
  for (float v = 0; v > -87; v -= 0.00137f) x.push_back(v);
  std::vector<float> y(x.size());
  for (const auto* k : variants()) {
    CAPTURE(k->name);
    k->exp(x.data(), y.data(), static_cast<int64_t>(x.size()));
    double worst = 0;
    for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(y[i] / std::exp(double{x[i]}) - 1));
    CHECK(worst < 2e-7);
    const float low[] = {-88, -1000, -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
    k->exp(low, y.data(), 4);
    CHECK(y[0] == 0);
    CHECK(y[1] == 0);
    CHECK(y[2] == 0);
    CHECK(std::isnan(y[3]));
  }
}

TEST_CASE("activations are within 5e-7 of the exact value, relative to max(|y|, 0.1), and keep NaN") {
  std::vector<float> x;
  for (float v = -12; v < 12; v += 0.00093f) x.push_back(v);
  std::vector<float> y(x.size());
  for (const auto* k : variants())
    for (auto act :
         {Activation::relu, Activation::gelu, Activation::quick_gelu, Activation::gelu_tanh, Activation::tanh}) {
      CAPTURE(k->name);
      CAPTURE(static_cast<int>(act));
      k->activate(x.data(), y.data(), static_cast<int64_t>(x.size()), static_cast<rt::KernelAct>(act));
      double worst = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double exact = reference_act(x[i], act);
        worst = std::max(worst, std::abs(y[i] - exact) / std::max(std::abs(exact), 0.1));
      }
      CHECK(worst < 5e-7);
      const float nan = std::numeric_limits<float>::quiet_NaN();
      k->activate(&nan, y.data(), 1, static_cast<rt::KernelAct>(act));
      CHECK(std::isnan(y[0]));
    }
}

TEST_CASE("every variant's gemm, layer norm and softmax agree with the reference") {
  for (const auto* k : variants())
    for (int64_t rows : {1, 3, 6, 17}) {
      CAPTURE(k->name);
      const auto a = random_tensor({rows, 33}, 1), b = random_tensor({33, 112}, 2);
      rt::Tensor c = rt::Tensor::empty({rows, 112});
      k->gemm(rows, 112, 33, a.data(), 33, b.data(), 112, c.mutable_data(), 112);
      Values expected;
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < 112; ++j) {
          double sum = 0;
          for (int64_t p = 0; p < 33; ++p) sum += double{a.data()[i * 33 + p]} * double{b.data()[p * 112 + j]};
          expected.push_back(sum);
        }
      CHECK(error(c, expected) < 1e-6);

      const auto w = random_tensor({33}, 3), bias = random_tensor({33}, 4), x = random_tensor({1, 33}, 5, 1, 100);
      rt::Tensor y = rt::Tensor::empty({1, 33});
      k->layer_norm(x.data(), nullptr, w.data(), bias.data(), 1e-5f, y.mutable_data(), 33);
      CHECK(error(y, reference_layer_norm(values(x), values(w), values(bias), double{1e-5f})) < 1e-6);

      rt::Tensor p = a.clone();
      double total = 0;
      for (int64_t i = 0; i < 33; ++i) total += std::exp(0.3 * double{a.data()[i]});
      k->softmax(p.mutable_data(), 33, 0.3f);
      for (int64_t i = 0; i < 33; ++i)
        CHECK(p.data()[i] == doctest::Approx(std::exp(0.3 * double{a.data()[i]}) / total).epsilon(1e-6));
    }
}
