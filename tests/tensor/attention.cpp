#include "sensorium/base/error.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

SelfAttention<Tensor> random_attention(int64_t width, int heads, uint64_t seed) {
  SelfAttention<Tensor> a;
  a.num_heads = heads;
  for (auto* l : {&a.query, &a.key, &a.value, &a.output}) {
    l->weight = random_tensor({width, width}, ++seed, 1.5 / std::sqrt(static_cast<double>(width)));
    l->bias = random_tensor({width}, ++seed);
  }
  return a;
}

Values project(const Tensor& x, const Linear<Tensor>& l) {
  const auto d = static_cast<size_t>(l.weight.size(0));
  return reference_linear(values(x), values(l.weight), values(l.bias), d, d, Activation::none);
}

Values reference(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& a, const AttentionMask& mask) {
  const AttentionSizes s{static_cast<size_t>(x.size(0)), static_cast<size_t>(query.size(1)),
                         static_cast<size_t>(x.size(1)), static_cast<size_t>(x.size(2)),
                         static_cast<size_t>(a.num_heads)};
  return reference_attention(project(query, a.query), project(x, a.key), project(x, a.value), s, mask);
}

/// A mask that hides about a third, and every key of the second text.
std::vector<int64_t> some_hidden(int64_t batch, int64_t tokens) {
  std::vector<int64_t> mask;
  for (int64_t i = 0; i < batch * tokens; ++i) mask.push_back(i % 3 != 1);
  for (int64_t i = tokens; i < std::min<int64_t>(batch, 2) * tokens; ++i) mask[static_cast<size_t>(i)] = 0;
  return mask;
}

}  // namespace

TEST_CASE("self_attention, prepared or not, under every mask") {
  for (auto [width, heads] : {std::pair<int64_t, int>{8, 1}, {36, 3}, {64, 4}, {192, 3}})
    for (int64_t tokens : {1, 3, 17, 50, 101})
      for (bool causal : {false, true})
        for (bool hidden : {false, true}) {
          CAPTURE(width);
          CAPTURE(tokens);
          CAPTURE(causal);
          CAPTURE(hidden);
          SelfAttention<Tensor> a = random_attention(width, heads, static_cast<uint64_t>(tokens));
          const Tensor x = random_tensor({3, tokens, width}, 7);
          const AttentionMask mask{causal, hidden ? some_hidden(3, tokens) : std::vector<int64_t>{}};
          const Values expected = reference(x, x, a, mask);
          CHECK(error(self_attention(x, a, mask), expected) < 2e-6);
          prepare(a);
          CHECK(error(self_attention(x, a, mask), expected) < 2e-6);
        }
}

TEST_CASE("cross_attention takes queries from elsewhere") {
  for (auto [width, heads] : {std::pair<int64_t, int>{24, 2}, {256, 4}})
    for (int64_t queries : {1, 5, 60}) {
      SelfAttention<Tensor> a = random_attention(width, heads, 40);
      const Tensor q = random_tensor({2, queries, width}, 8), x = random_tensor({2, 49, width}, 9);
      const AttentionMask mask{false, some_hidden(2, 49)};
      const Values expected = reference(q, x, a, mask);
      CHECK(error(cross_attention(q, x, a, mask), expected) < 2e-6);
      prepare_cross(a);
      CHECK(error(cross_attention(q, x, a, mask), expected) < 2e-6);
    }
}

TEST_CASE("attention gives the same bits for any number of threads") {
  SelfAttention<Tensor> a = random_attention(64, 2, 3);
  prepare(a);
  const Tensor x = random_tensor({1, 150, 64}, 4);
  rt::set_num_threads(1);
  const auto one = self_attention(x, a, {true, {}}).to_float();
  for (int threads : {2, 3, 7}) {
    rt::set_num_threads(threads);
    CHECK(self_attention(x, a, {true, {}}).to_float() == one);
  }
  rt::set_num_threads(0);
}

TEST_CASE("attention stays finite with scores far apart") {
  SelfAttention<Tensor> a = random_attention(16, 2, 5);
  for (auto* l : {&a.query, &a.key}) l->weight = random_tensor({16, 16}, 6, 100);
  const Tensor x = random_tensor({1, 9, 16}, 7, 10);
  for (float v : self_attention(x, a, {}).to_float()) CHECK(std::isfinite(v));
}

TEST_CASE("attention refuses shapes that disagree") {
  const SelfAttention<Tensor> a = random_attention(12, 5, 5), b = random_attention(12, 3, 5);
  const Tensor x = Tensor::zeros({2, 3, 12});
  CHECK(error_of([&] { self_attention(x, a, {}); }) ==
        "[attention] expected a width that is a multiple of 5 heads, got 12");
  CHECK(error_of([&] {
          self_attention(x, b, {false, {1, 1}});
        }) == "[attention] expected a key mask of 2 x 3 values, got 2");
  CHECK(error_of([&] {
          self_attention(x.reshape({6, 12}), b, {});
        }) == "[attention] expected values [B, T, D], got [6, 12]");
}
