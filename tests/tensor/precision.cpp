// Products in bf16 and int8: within what rounding both sides costs, and the same bits whatever the threads and the
// batch.

#include "sensorium/base/error.h"
#include "sensorium/tensor/packed.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>
#include <limits>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

constexpr Precision kAll[] = {Precision::fp32, Precision::bf16, Precision::int8};

/// The process's precision while it lives.
struct With {
  explicit With(Precision p) { rt::set_precision(p); }
  ~With() { rt::set_precision(Precision::fp32); }
};

/// A step of rounding, relative to the largest value of a row: bf16 is good to 8 bits, int8 of either side 127 or 255
/// steps.
double step(Precision p) {
  return p == Precision::fp32 ? 0x1.0p-24 : p == Precision::bf16 ? 0x1.0p-8 : 1.0 / 127;
}

Linear<Tensor> random_linear(int64_t out, int64_t in, uint64_t seed) {
  return {random_tensor({out, in}, seed, 1 / std::sqrt(static_cast<double>(in))),
          random_tensor({out}, seed + 1),
          {},
          {},
          0};
}

Values reference(const Tensor& x, const Linear<Tensor>& l, Activation act) {
  return reference_linear(values(x), values(l.weight), values(l.bias), static_cast<size_t>(l.weight.size(0)),
                          static_cast<size_t>(l.weight.size(1)), act);
}

SelfAttention<Tensor> random_attention(int64_t d, int heads) {
  SelfAttention<Tensor> a;
  a.num_heads = heads;
  uint64_t seed = 50;
  for (auto* l : {&a.query, &a.key, &a.value, &a.output}) *l = random_linear(d, d, seed += 2);
  return a;
}

}  // namespace

TEST_CASE("linear in bf16 and int8 is near the exact product") {
  for (const Precision p : kAll)
    for (int64_t rows : {1, 7, 50, 400})
      for (auto [out, in] : {std::pair<int64_t, int64_t>{3, 5}, {70, 33}, {160, 192}}) {
        CAPTURE(static_cast<int>(p));
        CAPTURE(rows);
        CAPTURE(out);
        Linear<Tensor> l = random_linear(out, in, 3);
        const Tensor x = random_tensor({rows, in}, 5);
        const Values expected = reference(x, l, Activation::quick_gelu);
        prepare(l, p);
        // Rounding errors of both sides add up like a random walk; the largest of all results is some 4 deviations out.
        CHECK(error(linear(x, l, Activation::quick_gelu), expected) < 3 * step(p) + tolerance(in));
      }
}

TEST_CASE("a packed weight gives back what it was rounded to") {
  const Tensor w = random_tensor({70, 33}, 1);
  for (const Precision p : kAll) {
    const auto packed = rt::pack(w.data(), 70, 33, p);
    const auto rows = rt::unpack(*packed, 5, 60);
    for (int64_t r = 0; r < 60; ++r) {
      double largest = 0;
      for (int64_t i = 0; i < 33; ++i) largest = std::max(largest, std::abs(double{w.data()[(r + 5) * 33 + i]}));
      for (int64_t i = 0; i < 33; ++i) {
        const double exact = w.data()[(r + 5) * 33 + i], got = rows[static_cast<size_t>(r * 33 + i)];
        CHECK(std::abs(got - exact) <= (p == Precision::fp32   ? 0
                                        : p == Precision::bf16 ? std::abs(exact) * step(p)
                                                               : largest * 0.9999 / 127));
      }
    }
  }
}

TEST_CASE("rows of int8 keep their sums, so a mean of what they multiply adds no error") {
  for (const int64_t in : {1, 3, 147, 2048}) {
    const Tensor w = random_tensor({9, in}, 2);
    const auto rows = rt::unpack(*rt::pack(w.data(), 9, in, Precision::int8), 0, 9);
    for (int64_t r = 0; r < 9; ++r) {
      double largest = 0, sum = 0;
      for (int64_t i = r * in; i < (r + 1) * in; ++i) {
        largest = std::max(largest, std::abs(double{w.data()[i]}));
        sum += double{rows[static_cast<size_t>(i)]} - double{w.data()[i]};
      }
      CHECK(std::abs(sum) <= largest / 127 * (0.5 + 1e-5 * static_cast<double>(in)));
    }
  }
}

TEST_CASE("a row of int8 that holds no number leaves the others as they are") {
  std::vector<float> w = random_tensor({2, 40}, 2).to_float();
  const auto before = rt::unpack(*rt::pack(w.data(), 2, 40, Precision::int8), 0, 1);
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    w[60] = value;
    CHECK(rt::unpack(*rt::pack(w.data(), 2, 40, Precision::int8), 0, 1) == before);
  }
}

TEST_CASE("the same bits for any number of threads, and for a row alone or in a batch") {
  for (const Precision p : kAll) {
    const With with(p);
    CAPTURE(static_cast<int>(p));
    SelfAttention<Tensor> a = random_attention(96, 3);
    Linear<Tensor> fc1 = random_linear(200, 96, 60), fc2 = random_linear(96, 200, 62);
    LayerNorm<Tensor> norm{random_tensor({96}, 70), random_tensor({96}, 71), 1e-5f};
    for (auto* l : {&fc1, &fc2}) prepare(*l);
    prepare(a);
    const auto layer = [&](const Tensor& x) {
      const Tensor y = add_linear(x, self_attention(x, norm, a, {}), a.output);
      return add_mlp(y, norm, fc1, Activation::gelu, fc2);
    };
    const Tensor x = random_tensor({40, 33, 96}, 8);
    rt::set_num_threads(1);
    const auto one = layer(x).to_float();
    for (int threads : {2, 5}) {
      rt::set_num_threads(threads);
      CHECK(layer(x).to_float() == one);
    }
    rt::set_num_threads(0);
    const auto alone = layer(x.slice(17, 18)).to_float();
    CHECK(std::equal(alone.begin(), alone.end(), one.begin() + 17 * 33 * 96));
  }
}

TEST_CASE("attention in bf16 and int8 is near the exact one, with masks too") {
  for (const Precision p : {Precision::bf16, Precision::int8})
    for (int64_t tokens : {1, 50, 131})
      for (bool causal : {false, true}) {
        CAPTURE(static_cast<int>(p));
        CAPTURE(tokens);
        SelfAttention<Tensor> a = random_attention(80, 2);
        const Tensor x = random_tensor({2, tokens, 80}, 9);
        AttentionMask mask{causal, std::vector<int64_t>(static_cast<size_t>(2 * tokens), 1)};
        mask.key_mask.back() = tokens > 1 ? 0 : 1;
        const Values expected = values(self_attention(x, a, mask));
        const With with(p);
        prepare(a);
        CHECK(error(self_attention(x, a, mask), expected) < 4 * step(p));
      }
}

TEST_CASE("add_mlp is x + fc2(act(fc1(norm(x)))), for few rows and many, with and without the norm") {
  for (int64_t rows : {3, 700})
    for (bool with_norm : {false, true}) {
      Linear<Tensor> fc1 = random_linear(130, 48, 1), fc2 = random_linear(48, 130, 3);
      LayerNorm<Tensor> norm;
      if (with_norm) norm = {random_tensor({48}, 5), random_tensor({48}, 6), 1e-5f};
      const Tensor x = random_tensor({rows, 48}, 7), y = with_norm ? layer_norm(x, norm) : x;
      const Tensor expected = add_linear(x, linear(y, fc1, Activation::gelu), fc2);
      for (auto* l : {&fc1, &fc2}) prepare(*l);
      CHECK(error(add_mlp(x, norm, fc1, Activation::gelu, fc2), values(expected)) < tolerance(130));
    }
}

TEST_CASE("a value that is no number stays one in every precision") {
  for (const Precision p : kAll) {
    Linear<Tensor> l = random_linear(70, 40, 1);
    prepare(l, p);
    Tensor x = random_tensor({3, 40}, 2);
    x.mutable_data()[41] = std::nanf("");
    const auto y = linear(x, l).to_float();
    CHECK(std::isfinite(y[0]));
    CHECK(std::isnan(y[70]));
    CHECK(std::isnan(y[139]));
    CHECK(std::isfinite(y[140]));
  }
}
