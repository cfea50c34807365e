// Attention over a cache against attention over everything at once.

#include "sensorium/tensor/decode.h"
#include "sensorium/base/error.h"
#include "sensorium/tensor/ops.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

SelfAttention<Tensor> attention(int64_t width, int64_t source_width, int heads, uint64_t seed) {
  SelfAttention<Tensor> a;
  a.num_heads = heads;
  for (auto* l : {&a.query, &a.key, &a.value, &a.output}) {
    const int64_t in = l == &a.key || l == &a.value ? source_width : width;
    l->weight = random_tensor({width, in}, ++seed, 1.5 / std::sqrt(static_cast<double>(in)));
    l->bias = random_tensor({width}, ++seed);
  }
  return a;
}

/// Tokens [first, first + n) of every row.
Tensor tokens_of(const Tensor& x, int64_t first, int64_t n) {
  const std::vector<float> all = x.to_float();
  const int64_t rows = x.size(0), length = x.size(1), d = x.size(2);
  std::vector<float> some;
  for (int64_t r = 0; r < rows; ++r)
    some.insert(some.end(), all.begin() + (r * length + first) * d, all.begin() + (r * length + first + n) * d);
  return Tensor::from_float(some.data(), {rows, n, d});
}

void check_close(const Tensor& a, const Tensor& b) {
  const std::vector<float> x = a.to_float(), y = b.to_float();
  REQUIRE(x.size() == y.size());
  for (size_t i = 0; i < x.size(); ++i) CHECK(std::abs(x[i] - y[i]) < 2e-5f);
}

}  // namespace

TEST_CASE("tokens that come one by one, or some at once, see what they would see together") {
  for (const bool prepared : {false, true}) {
    SelfAttention<Tensor> a = attention(24, 24, 3, 1);
    if (prepared) rt::prepare(a);
    const Tensor x = random_tensor({2, 21, 24}, 5);
    const Tensor whole = rt::self_attention(x, a, AttentionMask{true, {}});
    KeyValueCache<Tensor> cache;
    int64_t first = 0;
    for (const int64_t n : {4, 1, 1, 15}) {
      check_close(rt::attend_cached(tokens_of(x, first, n), a, cache), tokens_of(whole, first, n));
      first += n;
    }
    CHECK(cache.length == 21);
  }
}

TEST_CASE("rows change places with their caches") {
  const SelfAttention<Tensor> a = attention(16, 16, 2, 3);
  const Tensor x = random_tensor({2, 5, 16}, 7);
  KeyValueCache<Tensor> cache;
  rt::attend_cached(tokens_of(x, 0, 4), a, cache);
  rt::select_rows(cache, {1, 0, 1});
  const Tensor whole = rt::self_attention(x, a, AttentionMask{true, {}});
  const std::vector<float> last = tokens_of(x, 4, 1).to_float(), expected = tokens_of(whole, 4, 1).to_float();
  std::vector<float> next, wanted;
  for (const int r : {1, 0, 1}) {
    next.insert(next.end(), last.begin() + r * 16, last.begin() + (r + 1) * 16);
    wanted.insert(wanted.end(), expected.begin() + r * 16, expected.begin() + (r + 1) * 16);
  }
  check_close(rt::attend_cached(Tensor::from_float(next.data(), {3, 1, 16}), a, cache),
              Tensor::from_float(wanted.data(), {3, 1, 16}));
  CHECK_THROWS_AS(rt::select_rows(cache, {3}), InputError);
}

TEST_CASE("rows that share a source see it as if each had its own") {
  for (const bool prepared : {false, true}) {
    SelfAttention<Tensor> a = attention(24, 40, 3, 9);
    const Tensor source = random_tensor({2, 19, 40}, 11), query = random_tensor({6, 2, 24}, 13);
    std::vector<float> repeated;
    const std::vector<float> values = source.to_float();
    const auto size = static_cast<std::ptrdiff_t>(values.size() / 2);
    std::vector<int64_t> mask, repeated_mask;
    for (int64_t i = 0; i < 2 * 19; ++i) mask.push_back(i % 4 != 1);
    for (int b = 0; b < 2; ++b)
      for (int copy = 0; copy < 3; ++copy) {
        repeated.insert(repeated.end(), values.begin() + b * size, values.begin() + (b + 1) * size);
        repeated_mask.insert(repeated_mask.end(), mask.begin() + b * 19, mask.begin() + (b + 1) * 19);
      }
    if (prepared) rt::prepare_cross(a);
    const CrossKeys<Tensor> cross = rt::project_cross(source, a);
    const Tensor each = Tensor::from_float(repeated.data(), {6, 19, 40});
    check_close(rt::attend_cross(query, cross, a, {}), rt::cross_attention(query, each, a, {}));
    check_close(rt::attend_cross(query, cross, a, mask), rt::cross_attention(query, each, a, {false, repeated_mask}));
    const CrossKeys<Tensor> second = rt::select_sources(cross, {1});
    check_close(rt::attend_cross(tokens_of(query, 0, 2), rt::select_sources(cross, {0, 1}), a, {}),
                rt::cross_attention(query, each, a, {}));
    CHECK(second.sources == 1);
    CHECK_THROWS_AS(rt::attend_cross(random_tensor({3, 1, 24}, 1), cross, a, {}), InputError);
  }
}
