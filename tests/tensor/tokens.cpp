#include "sensorium/base/error.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

using Floats = std::vector<float>;

Tensor counted(const rt::Shape& shape) {
  Tensor t = Tensor::empty(shape);
  for (int64_t i = 0; i < t.numel(); ++i) t.mutable_data()[i] = static_cast<float>(i);
  return t;
}

}  // namespace

TEST_CASE("embed_tokens looks rows up") {
  const Embedding<Tensor> table{counted({4, 2})};
  const std::vector<int64_t> ids{3, 0, 1, 1};
  const Tensor y = embed_tokens({2, 2, ids}, table);
  CHECK(y.shape() == rt::Shape{2, 2, 2});
  CHECK(y.to_float() == Floats{6, 7, 0, 1, 2, 3, 2, 3});
  const std::vector<int64_t> high{4}, low{-1};
  CHECK(error_of([&] { embed_tokens({1, 1, high}, table); }) == "[embed_tokens] expected ids from 0 to 3, got 4");
  CHECK(error_of([&] { embed_tokens({1, 1, low}, table); }) == "[embed_tokens] expected ids from 0 to 3, got -1");
  CHECK(error_of([&] { embed_tokens({2, 2, low}, table); }) == "[embed_tokens] expected 4 ids, got 1");
}

TEST_CASE("add_rows and add_token_types") {
  const Tensor x = Tensor::zeros({2, 2, 2}), rows = counted({4, 2});
  CHECK(add_rows(x, rows).to_float() == Floats{0, 1, 2, 3, 0, 1, 2, 3});
  CHECK(add_rows(x, rows, 2).to_float() == Floats{4, 5, 6, 7, 4, 5, 6, 7});
  CHECK(error_of([&] { add_rows(x, rows, 3); }) == "[add_rows] expected at least 5 rows of width 2, got [4, 2]");
  CHECK(add_token_types(x, {1, 0, 0, 1}, {rows}).to_float() == Floats{2, 3, 0, 1, 0, 1, 2, 3});
  CHECK(add_token_types(x, {}, {rows}).to_float() == Floats{0, 1, 0, 1, 0, 1, 0, 1});
}

TEST_CASE("prepend_token, select_tokens, expand_batch") {
  const Tensor x = counted({2, 2, 2}), token = Tensor::full({2}, 9);
  CHECK(prepend_token(x, token).to_float() == Floats{9, 9, 0, 1, 2, 3, 9, 9, 4, 5, 6, 7});
  CHECK(select_tokens(x, {1, 0}).to_float() == Floats{2, 3, 4, 5});
  CHECK(error_of([&] { select_tokens(x, {1, 2}); }) == "[select_tokens] expected positions from 0 to 1, got 2");
  CHECK(expand_batch(counted({2, 1}), 3).to_float() == Floats{0, 1, 0, 1, 0, 1});
}

TEST_CASE("mean_tokens is the mean of what the mask shows, 0 of nothing") {
  const Tensor x = counted({2, 2, 2});
  CHECK(mean_tokens(x, {}).to_float() == Floats{1, 2, 5, 6});
  CHECK(mean_tokens(x, {0, 1, 0, 0}).to_float() == Floats{2, 3, 0, 0});
  CHECK(error_of([&] { mean_tokens(x, {1}); }) == "[mean_tokens] expected 4 mask values, got 1");
}

TEST_CASE("select_tokens takes rows of bfloat16, which attention over packed weights leaves") {
  Tensor x = Tensor::empty({2, 3, 4}, rt::DType::bf16);
  auto* values = static_cast<uint16_t*>(x.raw());
  for (int64_t i = 0; i < x.numel(); ++i) values[i] = static_cast<uint16_t>(0x3F80 + i);  // 1 and up
  const Tensor all = x.to_f32(), chosen = select_tokens(x, {2, 0});
  CHECK(chosen.dtype() == rt::DType::bf16);
  const Tensor seen = chosen.to_f32();
  for (int64_t i = 0; i < 4; ++i) {
    CHECK(seen.data()[i] == all.data()[8 + i]);
    CHECK(seen.data()[4 + i] == all.data()[12 + i]);
  }
}
