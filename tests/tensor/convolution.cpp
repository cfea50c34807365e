#include "sensorium/base/error.h"
#include "sensorium/base/rng.h"
#include "tests/support/test_support.h"
#include "tests/tensor/reference.h"

#include <doctest/doctest.h>

#include <bit>

using namespace sensorium;
using namespace sensorium::test;
using rt::Tensor;

namespace {

constexpr ConvSizes kSizes[] = {{1, 1, 1, 1, 5, 1, 1, 0},   {2, 3, 49, 49, 17, 7, 2, 3},  {1, 3, 17, 16, 16, 3, 2, 1},
                                {2, 17, 9, 7, 33, 1, 1, 0}, {3, 16, 8, 8, 32, 3, 1, 1},   {1, 32, 15, 15, 48, 1, 2, 0},
                                {1, 5, 7, 11, 3, 3, 1, 0},  {2, 64, 14, 14, 64, 3, 1, 1}, {2, 128, 7, 9, 64, 3, 1, 1},
                                {3, 64, 8, 1, 128, 3, 1, 1}};

PixelTable random_pixel_table() {
  PixelTable table;
  const std::vector<float> values = random_tensor({3, 256}, 7).to_float();
  for (size_t i = 0; i < values.size(); ++i) table.values[i / 256][i % 256] = values[i];
  return table;
}

std::vector<uint8_t> random_bytes(const ConvSizes& s) {
  std::vector<uint8_t> bytes(static_cast<size_t>(s.batch * s.in * s.height * s.width));
  CounterRng rng(9);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.below(256));
  return bytes;
}

/// bn(conv(x)).
Values reference(const Tensor& x, const ConvLayer& l, const ConvSizes& s) {
  Values y = reference_conv(values(x), values(l.conv.weight), s);
  const Values gamma = values(l.norm.weight), beta = values(l.norm.bias), mean = values(l.norm.running_mean),
               var = values(l.norm.running_var);
  const size_t positions = static_cast<size_t>(s.rows() * s.columns());
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t c = i / positions % static_cast<size_t>(s.out);
    const double before = y[i] + (l.conv.bias.defined() ? values(l.conv.bias)[c] : 0);
    y[i] = (before - mean[c]) / std::sqrt(var[c] + double{l.norm.epsilon}) * gamma[c] + beta[c];
  }
  return y;
}

/// Channels-last bfloat16, the upper halves of the values.
Tensor bf16_copy(const Tensor& x) {
  const Tensor from = x.channels_last();
  Tensor y = Tensor::empty(x.shape(), rt::DType::bf16, rt::Layout::channels_last);
  auto* to = static_cast<uint16_t*>(y.raw());
  for (int64_t i = 0; i < x.numel(); ++i) to[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(from.data()[i]) >> 16);
  return y;
}

}  // namespace

TEST_CASE("conv_norm and conv_norm_add, prepared or not, with either layout in") {
  for (const ConvSizes& s : kSizes)
    for (Activation act : {Activation::none, Activation::relu, Activation::gelu}) {
      CAPTURE(s.kernel);
      CAPTURE(s.in);
      CAPTURE(s.stride);
      CAPTURE(static_cast<int>(act));
      const double most = tolerance(s.in * s.kernel * s.kernel);
      ConvLayer l = random_conv_layer(s, act == Activation::relu);
      const Tensor x = random_tensor({s.batch, s.in, s.height, s.width}, 9);
      const Tensor residual = random_tensor({s.batch, s.out, s.rows(), s.columns()}, 10);
      Values expected = reference(x, l, s), added = expected;
      for (size_t i = 0; i < expected.size(); ++i) {
        added[i] = reference_act(expected[i] + values(residual)[i], act);
        expected[i] = reference_act(expected[i], act);
      }
      for (bool prepared : {false, true}) {
        if (prepared) prepare(l.conv, l.norm);
        const Tensor y = conv_norm(x, l.conv, l.norm, act);
        CHECK(y.shape() == residual.shape());
        CHECK(error(y, expected) < most);
        CHECK(error(conv_norm(x.channels_last(), l.conv, l.norm, act), expected) < most);
        CHECK(error(conv_norm_add(residual, x, l.conv, l.norm, act), added) < most);
        CHECK(error(conv_norm_add(residual.channels_last(), x, l.conv, l.norm, act), added) < most);
      }
    }
}

TEST_CASE("in bf16 and int8 conv_norm is near the exact one, and of bf16 takes and gives bfloat16") {
  for (const Precision p : {Precision::bf16, Precision::int8})
    for (const ConvSizes& s : kSizes) {
      CAPTURE(static_cast<int>(p));
      CAPTURE(s.kernel);
      CAPTURE(s.in);
      ConvLayer l = random_conv_layer(s, true);
      const Tensor rounded = bf16_copy(random_tensor({s.batch, s.in, s.height, s.width}, 9));
      const Tensor residual = bf16_copy(random_tensor({s.batch, s.out, s.rows(), s.columns()}, 10));
      Values expected = reference(rounded.to_f32(), l, s), added = expected;
      for (size_t i = 0; i < expected.size(); ++i) {
        added[i] = reference_act(expected[i] + values(residual.to_f32())[i], Activation::relu);
        expected[i] = reference_act(expected[i], Activation::relu);
      }
      rt::set_precision(p);
      prepare(l.conv, l.norm);
      rt::set_precision(Precision::fp32);
      const double most = 4 * (p == Precision::bf16 ? 0x1.0p-8 : 1.0 / 127) + tolerance(s.in * s.kernel * s.kernel);
      const Tensor y = conv_norm(rounded, l.conv, l.norm, Activation::relu);
      // int8 leaves windows of few values in bf16, where the processor multiplies that.
      const bool few = s.in * s.kernel * s.kernel <= 64 && rt::has_fast_bf16();
      CHECK(y.dtype() == (p == Precision::bf16 || few ? rt::DType::bf16 : rt::DType::f32));
      CHECK(error(y, expected) < most);
      CHECK(y.to_float() == conv_norm(rounded.to_f32(), l.conv, l.norm, Activation::relu).to_float());
      CHECK(error(conv_norm_add(residual, rounded, l.conv, l.norm, Activation::relu), added) < most);
      CHECK(error(conv_norm_add(residual.to_f32(), rounded, l.conv, l.norm, Activation::relu), added) < most);
      rt::set_num_threads(3);
      CHECK(conv_norm(rounded, l.conv, l.norm, Activation::relu).to_float() == y.to_float());
      rt::set_num_threads(0);
    }
}

TEST_CASE("pooling of bfloat16 is that of the same values in float32") {
  const Tensor x = bf16_copy(random_tensor({2, 19, 7, 9}, 4));
  CHECK(max_pool2d(x, 3, 2, 1).to_float() == max_pool2d(x.to_f32(), 3, 2, 1).to_float());
  CHECK(avg_pool2d(x, 2).to_float() == avg_pool2d(x.to_f32(), 2).to_float());
  CHECK(global_avg_pool(x).to_float() == global_avg_pool(x.to_f32()).to_float());
}

TEST_CASE("one prepared convolution serves pictures of any size") {
  ConvSizes s{2, 16, 9, 9, 32, 3, 1, 1};
  ConvLayer l = random_conv_layer(s, false);
  prepare(l.conv, l.norm);
  for (int64_t side : {3, 14, 49, 5}) {
    s.height = side;
    s.width = side + 2;
    const Tensor x = random_tensor({2, 16, s.height, s.width}, 1);
    CHECK(error(conv_norm(x, l.conv, l.norm), reference(x, l, s)) < tolerance(144));
  }
}

TEST_CASE("conv_norm gives the same bits for any number of threads") {
  for (const ConvSizes& s : kSizes) {
    ConvLayer l = random_conv_layer(s, false);
    prepare(l.conv, l.norm);
    const Tensor x = random_tensor({s.batch, s.in, s.height, s.width}, 3);
    rt::set_num_threads(1);
    const auto one = conv_norm(x, l.conv, l.norm, Activation::relu).to_float();
    for (int threads : {2, 3, 5}) {
      rt::set_num_threads(threads);
      CHECK(conv_norm(x, l.conv, l.norm, Activation::relu).to_float() == one);
    }
    rt::set_num_threads(0);
  }
}

TEST_CASE("patch_embed is a convolution with stride = kernel, positions flattened") {
  for (const ConvSizes& s : {ConvSizes{2, 3, 32, 48, 40, 16, 16, 0},
                             {1, 3, 30, 30, 17, 14, 14, 0},
                             {3, 1, 5, 4, 9, 1, 1, 0},
                             {1, 3, 64, 64, 192, 32, 32, 0}}) {
    Conv2d<Tensor> conv{random_tensor({s.out, s.in, s.kernel, s.kernel}, 1, 0.05), random_tensor({s.out}, 2),
                        static_cast<int>(s.stride), 0};
    const Tensor x = random_tensor({s.batch, s.in, s.height, s.width}, 3);
    const Values planes = reference_conv(values(x), values(conv.weight), s), bias = values(conv.bias);
    const size_t positions = static_cast<size_t>(s.rows() * s.columns()), out = static_cast<size_t>(s.out);
    Values expected(planes.size());
    for (size_t i = 0; i < planes.size(); ++i) {
      const size_t b = i / (out * positions), c = i / positions % out, p = i % positions;
      expected[(b * positions + p) * out + c] = planes[i] + bias[c];
    }
    for (bool prepared : {false, true}) {
      if (prepared) prepare_patches(conv);
      const Tensor y = patch_embed(x, conv);
      CHECK(y.shape() == rt::Shape{s.batch, s.rows() * s.columns(), s.out});
      CHECK(error(y, expected) < tolerance(s.in * s.kernel * s.kernel));
      CHECK(error(patch_embed(x.channels_last(), conv), expected) < tolerance(s.in * s.kernel * s.kernel));
    }
  }
}

TEST_CASE("pixels give the bits that the floats they stand for give, in every precision") {
  const PixelTable table = random_pixel_table();
  for (const ConvSizes& s : {ConvSizes{1, 3, 32, 48, 40, 16, 16, 0},
                             {3, 3, 33, 50, 17, 16, 16, 0},
                             {3, 3, 31, 29, 65, 7, 7, 0},
                             {1, 3, 224, 224, 64, 32, 32, 0},
                             {3, 3, 5, 4, 9, 1, 1, 0}})
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      rt::set_precision(precision);
      Conv2d<Tensor> conv{random_tensor({s.out, s.in, s.kernel, s.kernel}, 1, 0.05), random_tensor({s.out}, 2),
                          static_cast<int>(s.stride), 0};
      const std::vector<uint8_t> bytes = random_bytes(s);
      const Tensor pixels = Tensor::of_pixels(bytes.data(), {s.batch, 3, s.height, s.width}, table);
      for (bool prepared : {false, true}) {
        if (prepared) prepare_patches(conv);
        const auto expected = patch_embed(pixels.to_f32(), conv).to_float();
        for (int threads : {1, 2, 5}) {
          rt::set_num_threads(threads);
          CHECK(patch_embed(pixels, conv).to_float() == expected);
        }
        rt::set_num_threads(0);
        const auto last = patch_embed(pixels.slice(s.batch - 1, s.batch), conv).to_float();
        CHECK(std::equal(last.rbegin(), last.rend(), expected.rbegin()));
      }
    }
  for (const ConvSizes& s : {ConvSizes{2, 3, 49, 47, 17, 7, 2, 3},
                             {1, 3, 17, 16, 16, 3, 2, 1},
                             {3, 3, 9, 8, 33, 3, 1, 1},
                             {2, 3, 6, 5, 8, 1, 1, 0}})
    for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
      rt::set_precision(precision);
      ConvLayer l = random_conv_layer(s, true);
      prepare(l.conv, l.norm);
      const std::vector<uint8_t> bytes = random_bytes(s);
      const Tensor pixels = Tensor::of_pixels(bytes.data(), {s.batch, 3, s.height, s.width}, table);
      CHECK(conv_norm(pixels, l.conv, l.norm, Activation::relu).to_float() ==
            conv_norm(pixels.to_f32(), l.conv, l.norm, Activation::relu).to_float());
    }
  rt::set_precision(Precision::fp32);
}

TEST_CASE("a tensor of pixels keeps what it refers to, and expands to the table's values") {
  const auto table = std::make_shared<const PixelTable>(random_pixel_table());
  const auto bytes = std::make_shared<const std::vector<uint8_t>>(random_bytes({2, 3, 4, 5, 1, 1, 1, 0}));
  const std::weak_ptr<const std::vector<uint8_t>> held = bytes;
  const auto both =
      std::make_shared<const std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(bytes, table);
  Tensor pixels = Tensor::of_pixels(bytes->data(), {2, 3, 4, 5}, *table, both);
  CHECK(pixels.dtype() == rt::DType::u8);
  std::vector<float> expected;
  for (size_t i = 0; i < bytes->size(); ++i) expected.push_back(table->values[i / 20 % 3][(*bytes)[i]]);
  CHECK(pixels.to_float() == expected);
  CHECK(pixels.clone().to_float() == expected);
  pixels = pixels.slice(1, 2);
  CHECK(pixels.to_float() == std::vector<float>(expected.begin() + 60, expected.end()));
  CHECK(!held.expired());
}

TEST_CASE("pools") {
  for (auto [side, kernel, stride, padding] :
       {std::array<int, 4>{7, 3, 2, 1}, {8, 2, 2, 0}, {49, 3, 2, 1}, {3, 3, 1, 0}}) {
    const Tensor x = random_tensor({2, 17, side, side + 1}, 4);
    const Values v = values(x);
    const int rows = (side + 2 * padding - kernel) / stride + 1,
              columns = (side + 1 + 2 * padding - kernel) / stride + 1;
    Values most, mean;
    for (int plane = 0; plane < 34; ++plane) {
      const auto at = [&](int r, int c) { return v[static_cast<size_t>((plane * side + r) * (side + 1) + c)]; };
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) {
          double m = -1e30;
          for (int i = std::max(0, r * stride - padding); i < std::min(side, r * stride - padding + kernel); ++i)
            for (int j = std::max(0, c * stride - padding); j < std::min(side + 1, c * stride - padding + kernel); ++j)
              m = std::max(m, at(i, j));
          most.push_back(m);
        }
      for (int r = 0; r < side / kernel; ++r)
        for (int c = 0; c < (side + 1) / kernel; ++c) {
          double sum = 0;
          for (int i = 0; i < kernel * kernel; ++i) sum += at(r * kernel + i / kernel, c * kernel + i % kernel);
          mean.push_back(sum / (kernel * kernel));
        }
    }
    CHECK(error(max_pool2d(x, kernel, stride, padding), most) == 0);
    CHECK(error(avg_pool2d(x, kernel), mean) < 1e-6);
  }
}

TEST_CASE("global_avg_pool and flatten_positions") {
  const Tensor x = random_tensor({3, 5, 7, 6}, 5), last = x.channels_last();
  const Values v = values(x);
  Values mean, flat(v.size());
  for (size_t plane = 0; plane < 15; ++plane) {
    double sum = 0;
    for (size_t p = 0; p < 42; ++p) {
      sum += v[plane * 42 + p];
      flat[(plane / 5 * 42 + p) * 5 + plane % 5] = v[plane * 42 + p];
    }
    mean.push_back(sum / 42);
  }
  for (const Tensor& t : {x, last}) {
    CHECK(error(global_avg_pool(t), mean) < 1e-6);
    CHECK(flatten_positions(t).shape() == rt::Shape{3, 42, 5});
    CHECK(error(flatten_positions(t), flat) == 0);
  }
}

TEST_CASE("convolutions and pools refuse shapes that disagree") {
  const ConvLayer l = random_conv_layer({1, 3, 8, 8, 4, 3, 1, 0}, false);
  CHECK(error_of([&] {
          conv_norm(Tensor::zeros({1, 2, 8, 8}), l.conv, l.norm);
        }) == "[conv_norm] expected pictures [B, 3, H, W], got [1, 2, 8, 8]");
  CHECK(error_of([&] {
          conv_norm(Tensor::zeros({1, 3, 2, 8}), l.conv, l.norm);
        }) == "[conv_norm] expected pictures of at least 3 pixels a side, got [1, 3, 2, 8]");
  CHECK(error_of([&] {
          conv_norm_add(Tensor::zeros({1, 4, 5, 5}), Tensor::zeros({1, 3, 8, 8}), l.conv, l.norm, {});
        }) == "[conv_norm_add] expected a residual of shape [1, 4, 6, 6], got [1, 4, 5, 5]");
  CHECK(error_of([&] {
          max_pool2d(Tensor::zeros({1, 3, 8, 8}), 3, 2, 2);
        }) ==
        "[max_pool2d] expected kernel and stride of at least 1 and padding of at most kernel / 2, got 3, 2 and 2");
  CHECK(error_of([&] {
          patch_embed(Tensor::zeros({1, 3, 8, 8}), l.conv);
        }) == "[patch_embed] expected a stride of 3 and no padding, got 1 and 0");
}
