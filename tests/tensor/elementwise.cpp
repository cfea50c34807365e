#include "sensorium/base/error.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

TEST_CASE("layer_norm, also of a sum, also far from 0") {
  for (int64_t width : {1, 3, 17, 64, 768})
    for (double shift : {0.0, 1000.0}) {
      CAPTURE(width);
      CAPTURE(shift);
      const LayerNorm<Tensor> l{random_tensor({width}, 1, 0.2, 1), random_tensor({width}, 2), 1e-5f};
      const Tensor x = random_tensor({2, 5, width}, 3, 2, shift), r = random_tensor({2, 5, width}, 4);
      const Values w = values(l.weight), b = values(l.bias);
      CHECK(error(layer_norm(x, l), reference_layer_norm(values(x), w, b, double{1e-5f})) < 1e-6);
      CHECK(error(add_layer_norm(x, r, l), reference_layer_norm(values(add(x, r)), w, b, double{1e-5f})) < 1e-6);
    }
}

TEST_CASE("add and activation take both layouts") {
  const Tensor a = random_tensor({2, 3, 5, 7}, 1), b = random_tensor({2, 3, 5, 7}, 2);
  Values sum = values(a), relu = values(a);
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i] += values(b)[i];
    relu[i] = std::max(0.0, relu[i]);
  }
  for (const Tensor& x : {a, a.channels_last()})
    for (const Tensor& y : {b, b.channels_last()}) CHECK(error(add(x, y), sum) < 1e-7);
  CHECK(error(activation(a.channels_last(), Activation::relu), relu) == 0);
}

TEST_CASE("l2_normalize gives length 1, and a row of zeros stays so") {
  Tensor x = random_tensor({4, 17}, 1, 1e-3);
  std::fill_n(x.mutable_data(), 17, 0.f);
  Values expected = values(x);
  for (size_t row = 0; row < 4; ++row) {
    double square = 0;
    for (size_t i = 0; i < 17; ++i) square += std::pow(expected[row * 17 + i], 2);
    for (size_t i = 0; i < 17; ++i) expected[row * 17 + i] /= std::max(std::sqrt(square), double{1e-12f});
  }
  CHECK(error(l2_normalize(x, 1e-12f), expected) < 1e-6);
}

TEST_CASE("elementwise ops refuse shapes that disagree") {
  CHECK(error_of([] {
          add(Tensor::zeros({2, 3}), Tensor::zeros({3, 2}));
        }) == "[add] expected a tensor of shape [2, 3], got [3, 2]");
  CHECK(error_of([] {
          layer_norm(Tensor::zeros({2, 3}), {Tensor::zeros({4}), {}, 1e-5f});
        }) == "[layer_norm] expected a weight of shape [3], got [4]");
  CHECK(error_of([] {
          similarity(Tensor::zeros({2, 3}), Tensor::zeros({2, 4}), Tensor::zeros({1}), {});
        }) == "[similarity] expected embeds [M, 3], got [2, 4]");
}
