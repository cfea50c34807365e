#include "sensorium/base/error.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

constexpr Activation kActs[] = {Activation::none,       Activation::relu,      Activation::gelu,
                                Activation::quick_gelu, Activation::gelu_tanh, Activation::tanh};

Linear<Tensor> random_linear(int64_t out, int64_t in, uint64_t seed, bool bias = true) {
  Linear<Tensor> l;
  l.weight = random_tensor({out, in}, seed, 1 / std::sqrt(static_cast<double>(in)));
  if (bias) l.bias = random_tensor({out}, seed + 1);
  return l;
}

Values reference(const Tensor& x, const Linear<Tensor>& l, Activation act = Activation::none) {
  return reference_linear(values(x), values(l.weight), l.bias.defined() ? values(l.bias) : Values{},
                          static_cast<size_t>(l.weight.size(0)), static_cast<size_t>(l.weight.size(1)), act);
}

}  // namespace

TEST_CASE("linear is act(x W^T + b), prepared or not, for small and large weights") {
  for (int64_t rows : {1, 3, 17, 50})
    for (auto [out, in] : {std::pair<int64_t, int64_t>{1, 1}, {17, 3}, {49, 64}, {160, 192}, {259, 301}, {77, 1024}})
      for (Activation act : kActs) {
        CAPTURE(rows);
        CAPTURE(out);
        CAPTURE(in);
        CAPTURE(static_cast<int>(act));
        Linear<Tensor> l = random_linear(out, in, static_cast<uint64_t>(rows * 31 + out), act != Activation::relu);
        const Tensor x = random_tensor({rows, in}, 5);
        const Values expected = reference(x, l, act);
        CHECK(error(linear(x, l, act), expected) < tolerance(in));
        prepare(l);
        CHECK(error(linear(x, l, act), expected) < tolerance(in));
      }
}

TEST_CASE("linear keeps leading dimensions") {
  const Linear<Tensor> l = random_linear(7, 5, 1);
  CHECK(linear(random_tensor({2, 3, 5}, 2), l).shape() == rt::Shape{2, 3, 7});
}

TEST_CASE("add_linear adds to the residual, which stays as it was") {
  for (auto [out, in] : {std::pair<int64_t, int64_t>{5, 9}, {49, 64}, {300, 200}}) {
    Linear<Tensor> l = random_linear(out, in, 3);
    const Tensor x = random_tensor({2, 17, in}, 4), residual = random_tensor({2, 17, out}, 5);
    const Values before = values(residual);
    Values expected = reference(x, l);
    for (size_t i = 0; i < expected.size(); ++i) expected[i] += before[i];
    CHECK(error(add_linear(residual, x, l), expected) < tolerance(in));
    prepare(l);
    CHECK(error(add_linear(residual, x, l), expected) < tolerance(in));
    CHECK(values(residual) == before);
  }
}

TEST_CASE("LoRA adds scale * B A, merged by prepare or not, and the weight keeps its values") {
  for (int64_t in : {24, 256}) {
    Linear<Tensor> l = random_linear(192, in, 8);
    l.lora_a = random_tensor({4, in}, 9, 0.3);
    l.lora_b = random_tensor({192, 4}, 10, 0.3);
    l.lora_scale = 0.5f;
    const Values w = values(l.weight), a = values(l.lora_a), b = values(l.lora_b);
    Values merged = w;
    for (size_t o = 0; o < 192; ++o)
      for (size_t i = 0; i < static_cast<size_t>(in); ++i)
        for (size_t r = 0; r < 4; ++r)
          merged[o * static_cast<size_t>(in) + i] += 0.5 * b[o * 4 + r] * a[r * static_cast<size_t>(in) + i];
    const Tensor x = random_tensor({3, in}, 11);
    const Values expected =
        reference_linear(values(x), merged, values(l.bias), 192, static_cast<size_t>(in), Activation::none);
    CHECK(error(linear(x, l), expected) < tolerance(in));
    prepare(l);
    CHECK(error(linear(x, l), expected) < tolerance(in));
    CHECK(values(l.weight) == w);
  }
}

TEST_CASE("results are the same bits for any number of threads") {
  for (auto [rows, out, in] : {std::tuple<int64_t, int64_t, int64_t>{1, 512, 2048}, {100, 33, 48}, {131, 320, 200}}) {
    Linear<Tensor> l = random_linear(out, in, 12);
    prepare(l);
    const Tensor x = random_tensor({rows, in}, 13);
    rt::set_num_threads(1);
    const auto one = linear(x, l, Activation::gelu).to_float();
    for (int threads : {2, 3, 5}) {
      rt::set_num_threads(threads);
      CHECK(linear(x, l, Activation::gelu).to_float() == one);
    }
    rt::set_num_threads(0);
  }
}

TEST_CASE("similarity is exp(scale) a b^T + bias") {
  for (int64_t width : {16, 512}) {
    const Tensor a = l2_normalize(random_tensor({5, width}, 1), 1e-12f),
                 b = l2_normalize(random_tensor({90, width}, 2), 1e-12f);
    const Tensor scale = Tensor::full({1}, 4.6052f), bias = Tensor::full({}, -10.5f);
    Values expected = reference_linear(values(a), values(b), {}, 90, static_cast<size_t>(width), Activation::none);
    for (double& v : expected) v *= std::exp(double{4.6052f});
    CHECK(error(similarity(a, b, scale, Tensor()), expected) < 1e-6);
    for (double& v : expected) v += -10.5;
    CHECK(error(similarity(a, b, scale, bias), expected) < 1e-6);
  }
}

TEST_CASE("linear refuses shapes that disagree") {
  const Linear<Tensor> l = random_linear(7, 5, 1);
  CHECK(error_of([&] { linear(Tensor::zeros({2, 6}), l); }) == "[linear] expected values of width 5, got [2, 6]");
  CHECK(error_of([&] { linear(Tensor(), l); }) == "[linear] expected values of width 5, got an undefined tensor");
  CHECK(error_of([&] {
          add_linear(Tensor::zeros({2, 6}), Tensor::zeros({2, 5}), l);
        }) == "[linear] expected a residual of shape [2, 7], got [2, 6]");
  CHECK(error_of([&] {
          linear(Tensor::zeros({2, 5}), {l.weight, Tensor::zeros({6}), {}, {}, 0});
        }) == "[linear] expected a bias of shape [7], got [6]");
}
