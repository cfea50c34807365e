#include "sensorium/tensor/tensor.h"

#include "sensorium/base/error.h"
#include "sensorium/tensor/work_shares.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

#include <thread>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;
using rt::WorkShares;

TEST_CASE("copies and views share memory, clones do not") {
  Tensor x = Tensor::full({4, 3}, 1);
  const Tensor copy = x, row = x.slice(1, 3), flat = x.reshape({12}), own = x.clone();
  x.mutable_data()[3] = 5;
  CHECK(copy.data()[3] == 5);
  CHECK(row.shape() == rt::Shape{2, 3});
  CHECK(row.data()[0] == 5);
  CHECK(flat.data()[3] == 5);
  CHECK(own.data()[3] == 1);
}

TEST_CASE("a view keeps its memory alive, and a borrowed tensor its owner") {
  Tensor row;
  {
    const Tensor x = Tensor::full({4, 3}, 7);
    row = x.slice(3, 4);
  }
  CHECK(row.to_float() == std::vector<float>{7, 7, 7});
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4});
  std::weak_ptr<std::vector<float>> watch = owner;
  Tensor borrowed = Tensor::borrow(owner->data() + 1, {3}, owner);
  CHECK(borrowed.data() == owner->data() + 1);
  owner.reset();
  CHECK(borrowed.to_float() == std::vector<float>{2, 3, 4});
  borrowed = Tensor();
  CHECK(watch.expired());
  CHECK_FALSE(borrowed.defined());
}

TEST_CASE("channels_last is another order of the same values") {
  const Tensor x = random_tensor({2, 3, 17, 19}, 1);
  const Tensor last = x.channels_last();
  CHECK(last.data()[1] == x.data()[17 * 19]);
  CHECK(last.to_float() == x.to_float());
  CHECK(last.row_major().layout() == rt::Layout::row_major);
}

TEST_CASE("memory is aligned to 64 bytes") {
  for (int64_t n : {0, 1, 17, 1000, 100000}) CHECK(reinterpret_cast<uintptr_t>(Tensor::empty({n}).data()) % 64 == 0);
}

TEST_CASE("bad shapes are refused before anything is allocated") {
  CHECK(error_of([] { Tensor::empty({2, -1}); }) == "[tensor] expected dimensions of at least 0, got -1");
  CHECK(error_of([] {
          Tensor::empty({int64_t{1} << 40, int64_t{1} << 40});
        }).starts_with("[tensor] expected a size below 2^64"));
  CHECK(error_of([] { Tensor::empty({int64_t{1} << 60}); }).starts_with("[memory] expected a buffer below 2^50 bytes"));
  CHECK(error_of([] { Tensor::empty({1, 1, 1, 1, 1, 1, 1}); }) == "[tensor] expected at most 6 dimensions, got 7");
}

TEST_CASE("the pool hands buffers round: no system allocation in the steady state") {
  Linear<Tensor> wide{random_tensor({512, 256}, 1), random_tensor({512}, 2), {}, {}, 0},
      tiny{random_tensor({256, 64}, 1), {}, {}, {}, 0};
  SelfAttention<Tensor> attention;
  attention.num_heads = 4;
  for (auto* l : {&attention.query, &attention.key, &attention.value, &attention.output})
    *l = {random_tensor({256, 256}, 3), random_tensor({256}, 4), {}, {}, 0};
  Conv2d<Tensor> conv{random_tensor({16, 3, 3, 3}, 5), {}, 1, 1};
  const BatchNorm2d<Tensor> norm{
      Tensor::full({16}, 1), Tensor::zeros({16}), Tensor::zeros({16}), Tensor::full({16}, 1), 1e-5f, false};
  prepare(wide);
  prepare(tiny);
  prepare(attention);
  prepare(conv, norm);
  const LayerNorm<Tensor> ln{Tensor::full({256}, 1), Tensor::zeros({256}), 1e-5f};
  const Tensor tokens = random_tensor({2, 17, 64}, 6), pixels = random_tensor({2, 3, 20, 20}, 7);
  rt::set_num_threads(1);
  const auto forward = [&] {
    Tensor x = linear(tokens, tiny);
    x = add_linear(x, self_attention(layer_norm(x, ln), attention, {true, {}}), attention.output);
    linear(x, wide, Activation::gelu);
    global_avg_pool(max_pool2d(conv_norm(pixels, conv, norm, Activation::relu), 3, 2, 1));
  };
  for (int i = 0; i < 2; ++i) forward();  // the first also blocks the convolution's weight
  const auto before = rt::pool_stats();
  for (int i = 0; i < 20; ++i) forward();
  const auto after = rt::pool_stats();
  rt::set_num_threads(0);
  CHECK(after.system_allocations == before.system_allocations);
  CHECK(after.bytes_in_use == before.bytes_in_use);
}

TEST_CASE("trim empties the cache, the limit bounds it") {
  { const Tensor x = Tensor::empty({1 << 20}); }
  CHECK(rt::pool_stats().bytes_cached >= 4u << 20);
  rt::pool_trim();
  CHECK(rt::pool_stats().bytes_cached == 0);
  rt::pool_set_limit(1 << 20);
  { const Tensor x = Tensor::empty({1 << 20}); }
  CHECK(rt::pool_stats().bytes_cached <= 1u << 20);
  rt::pool_set_limit(uint64_t{2} << 30);
}

TEST_CASE("tensors and ops may be used from several threads") {
  Linear<Tensor> l{random_tensor({200, 300}, 1), random_tensor({200}, 2), {}, {}, 0};
  prepare(l);
  const Tensor x = random_tensor({9, 300}, 3);
  const auto expected = linear(x, l, Activation::gelu).to_float();
  std::vector<std::thread> threads;
  std::vector<int> same(4, 0);
  for (size_t t = 0; t < same.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) same[t] += linear(x, l, Activation::gelu).to_float() == expected;
    });
  for (auto& t : threads) t.join();
  CHECK(same == std::vector<int>(4, 20));
}

TEST_CASE("work is shared out evenly, and what one thread leaves others take from its end") {
  WorkShares shares(10, 2);
  for (const int64_t piece : {0, 1, 2, 3, 4}) CHECK(shares.take(0) == piece);
  CHECK(shares.take(1) == 5);
  for (const int64_t piece : {9, 8}) CHECK(shares.take(0) == piece);
  for (const int64_t piece : {6, 7, -1}) CHECK(shares.take(1) == piece);
  CHECK(shares.take(0) == -1);
}

TEST_CASE("each piece of work is taken once, whoever asks") {
  constexpr int kThreads = 5;
  constexpr int64_t kPieces = 20011;
  WorkShares shares(kPieces, kThreads);
  std::vector<std::atomic<int>> taken(kPieces);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int64_t piece; (piece = shares.take(t)) >= 0;) ++taken[static_cast<size_t>(piece)];
    });
  for (auto& thread : threads) thread.join();
  CHECK(std::all_of(taken.begin(), taken.end(), [](const auto& n) { return n == 1; }));
}

TEST_CASE("set_num_threads") {
  rt::set_num_threads(3);
  CHECK(rt::num_threads() == 3);
  rt::set_num_threads(0);
  CHECK(rt::num_threads() >= 1);
  CHECK(error_of([] { rt::set_num_threads(-1); }) == "[threads] expected 0 or more threads, got -1");
}
