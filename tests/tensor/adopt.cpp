// Weights given to be written and taken from where they lie: the same bits as of those they came from.

#include "sensorium/base/error.h"
#include "sensorium/tensor/packed.h"
#include "sensorium/tensor/winograd.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

constexpr ConvSizes kSizes[] = {{2, 3, 21, 21, 17, 7, 2, 3}, {2, 17, 9, 7, 33, 1, 1, 0},  {1, 32, 9, 9, 48, 1, 2, 0},
                                {3, 16, 8, 8, 32, 3, 1, 1},  {2, 64, 8, 9, 64, 3, 1, 1},  {1, 64, 8, 8, 128, 3, 2, 1},
                                {1, 64, 5, 6, 64, 3, 1, 0},  {1, 320, 5, 5, 320, 3, 1, 1}};

/// As a file that has the layer packed leaves it before it is adopted.
ConvLayer only_shape(ConvLayer l) {
  l.conv.weight = Tensor::of_packed(l.conv.weight.shape(), nullptr);
  return l;
}

void prepare_in(Precision p, ConvLayer& l) {
  rt::set_precision(p);
  prepare(l.conv, l.norm);
  rt::set_precision(Precision::fp32);
}

Tensor input_of(const ConvSizes& s) {
  return random_tensor({s.batch, s.in, s.height, s.width}, 9);
}

}  // namespace

TEST_CASE("an adopted convolution gives the bits of the one it was packed from") {
  for (const Precision p : {Precision::fp32, Precision::bf16, Precision::int8})
    for (const ConvSizes& s : kSizes) {
      CAPTURE(static_cast<int>(p));
      CAPTURE(s.in);
      CAPTURE(s.kernel);
      ConvLayer made = random_conv_layer(s), taken = only_shape(made);
      prepare_in(p, made);
      const auto packed = packed_weight(made.conv.weight);
      REQUIRE(packed);
      adopt(taken.conv, taken.norm, *packed);
      CHECK(taken.conv.weight.shape() == made.conv.weight.shape());
      const Tensor x = input_of(s);
      CHECK(conv_norm(x, taken.conv, taken.norm, Activation::relu).to_float() ==
            conv_norm(x, made.conv, made.norm, Activation::relu).to_float());
    }
}

TEST_CASE("a convolution packed in the other way than this processor's is computed as it was packed") {
  for (const Precision p : {Precision::fp32, Precision::bf16})
    for (const ConvSizes& s : {kSizes[4], kSizes[7]}) {
      CAPTURE(static_cast<int>(p));
      CAPTURE(s.in);
      ConvLayer l = random_conv_layer(s);
      l.norm.weight = l.norm.running_var = Tensor::full({s.out}, 1);
      l.norm.epsilon = 0;
      const Tensor x = input_of(s);
      const Values expected = values(conv_norm(x, l.conv, l.norm));
      const auto packed = rt::winograd_pack(l.conv.weight, std::vector<double>(static_cast<size_t>(s.out), 1.0), p);
      ConvLayer taken = only_shape(l);
      adopt(taken.conv, taken.norm,
            {p, packed->out, packed->in, packed->panels, nullptr, nullptr, packed->storage, "FILE: layer"});
      const double step = p == Precision::bf16 ? 4 * 0x1.0p-8 : 0;
      CHECK(error(conv_norm(x, taken.conv, taken.norm), expected) < step + tolerance(s.in * 9));
    }
}

TEST_CASE("a packed convolution of another size is refused by name") {
  ConvLayer made = random_conv_layer(kSizes[4]);
  prepare_in(Precision::int8, made);
  auto packed = *packed_weight(made.conv.weight);
  packed.source = "FILE: layer";
  const auto refusal = [&](const ConvSizes& s) {
    ConvLayer other = only_shape(random_conv_layer(s));
    return error_of([&] { adopt(other.conv, other.norm, packed); });
  };
  CHECK(refusal({1, 64, 8, 8, 128, 3, 1, 1}) ==
        "[load weights] FILE: layer: expected a packed weight [128, 576], got one of [64, 576]");
  CHECK(refusal({1, 64, 8, 8, 64, 1, 1, 0}) ==
        "[load weights] FILE: layer: expected a packed weight [64, 64], got one of [64, 576]");
}

TEST_CASE("a view of a joined weight is not given by itself") {
  SelfAttention<Tensor> a;
  for (Linear<Tensor>* l : {&a.query, &a.key, &a.value, &a.output}) l->weight = random_tensor({8, 8}, 1);
  prepare(a);
  CHECK_FALSE(packed_weight(a.query.weight));
  CHECK(packed_weight(a.packed.weight));
  CHECK(packed_weight(a.output.weight));
}
