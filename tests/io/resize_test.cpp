#include "sensorium/io/resize.h"

#include "sensorium/base/rng.h"
#include "sensorium/io/resize_kernels.h"
#include "sensorium/io/resize_weights.h"
#include "tests/io/golden.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

namespace {

Resample filter_named(const std::string& name) {
  static const std::map<std::string, Resample> filters = {
      {"nearest", Resample::nearest}, {"box", Resample::box},         {"bilinear", Resample::bilinear},
      {"hamming", Resample::hamming}, {"bicubic", Resample::bicubic}, {"lanczos", Resample::lanczos}};
  return filters.at(name);
}

ResizePlan plan_of(const Json& entry) {
  ResizePlan plan{entry.at("out_wh")[0], entry.at("out_wh")[1], filter_named(entry.at("filter"))};
  if (entry.contains("box")) {
    const auto box = entry.at("box").get<std::vector<float>>();
    plan.box = SourceBox{box[0], box[1], box[2], box[3]};
  }
  return plan;
}

/// One pass, written as the definition reads: along x, or along y.
Image naive_pass(const Image& in, const resize_detail::Weights& weights, bool along_x) {
  Image out(along_x ? weights.outputs() : in.width, along_x ? in.height : weights.outputs(), in.channels);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < in.channels; ++c) {
        const int i = along_x ? x : y;
        int64_t sum = 1 << 21;
        for (int t = 0; t < weights.taps(i); ++t) {
          const int from = weights.first[i] + t;
          const double w = weights.values[weights.offset[i] + t];
          const int pixel = in.row(along_x ? y : from)[(along_x ? from : x) * in.channels + c];
          sum += pixel * static_cast<int64_t>(w * (1 << 22) + (w < 0 ? -0.5 : 0.5));
        }
        out.row(y)[x * in.channels + c] = static_cast<uint8_t>(std::clamp<int64_t>(sum >> 22, 0, 255));
      }
  return out;
}

Image naive_resize(const Image& in, const ResizePlan& plan) {
  const auto [horizontal, vertical] = resize_detail::plan_axes(in.width, in.height, plan);
  Image out = in;
  const bool first = !resize_detail::vertical_first(horizontal, vertical);
  for (const bool along_x : {first, !first})
    if (const auto& axis = along_x ? horizontal : vertical; !axis.is_identity()) {
      resize_detail::Weights weights;
      resize_detail::compute_weights(axis, plan.filter, weights);
      out = naive_pass(out, weights, along_x);
    }
  return out;
}

std::vector<float> float_input(const std::string& input, const SafetensorsFile& inputs) {
  const std::string prefix = "resize_inputs_f.safetensors:";
  if (input.rfind(prefix, 0) == 0) return to_float32(inputs.at(input.substr(prefix.size())));
  const Image grey = to_grey(read_image(image_goldens() / input.substr(0, input.find(' '))));
  return {grey.pixels.begin(), grey.pixels.end()};
}

}  // namespace

TEST_CASE("resizing equals Pillow's bit for bit") {
  const GoldenSet golden("resize");
  const SafetensorsFile float_inputs(image_goldens() / "resize_inputs_f.safetensors");
  int checked = 0;
  for (const Json& entry : golden.entries) {
    if (!entry.contains("filter")) continue;
    const std::string key = entry.at("key"), mode = entry.at("mode"), input = entry.at("input");
    CAPTURE(key);
    const TensorView& expected = golden.tensors.at(key);
    const ResizePlan plan = plan_of(entry);
    if (mode == "F") {
      const auto [w, h] = entry.at("in_wh").get<std::pair<int, int>>();
      CHECK(resize_float(float_input(input, float_inputs), w, h, plan) == to_float32(expected));
    } else {
      Image image = read_image_alpha(image_goldens() / input);
      if (mode == "L") image = to_grey(image);
      CHECK(resize(image, plan) == image_of(expected));
    }
    ++checked;
  }
  CHECK(checked >= 100);
}

TEST_CASE("the fast kernel equals the definition for any size and number of channels") {
  CounterRng rng(11);
  const auto side = [&] { return 1 + static_cast<int>(rng.below(80)); };
  for (int i = 0; i < 200; ++i) {
    Image image(side(), side(), i % 2 ? 3 : 1);
    for (uint8_t& p : image.pixels) p = static_cast<uint8_t>(rng.next_u32());
    const ResizePlan plan{side(), side(), static_cast<Resample>(1 + i % 5)};
    CAPTURE(image.width);
    CAPTURE(image.height);
    CAPTURE(plan.width);
    CAPTURE(plan.height);
    CHECK(resize(image, plan) == naive_resize(image, plan));
  }
}

TEST_CASE("the kernels of every instruction set give the same bytes") {
  using namespace resize_detail;
  __builtin_cpu_init();
  std::vector<const Kernels*> all = {&kKernelsGeneric};
  if (__builtin_cpu_supports("avx2")) all.push_back(&kKernelsAvx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    all.push_back(&kKernelsAvx512);
  CounterRng rng(5);
  std::vector<uint8_t> bytes(40 * 100);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng.next_u32());
  std::vector<float> floats(bytes.begin(), bytes.end());
  std::vector<int32_t> fixed = {-100000, 900000, 4000000, -605696};
  const std::vector<double> weights = {-0.02, 0.2, 0.9, -0.08};
  for (const Kernels* k : all)
    for (const int rows : {1, 15, 16, 17, 32}) {
      CAPTURE(k->name);
      CAPTURE(rows);
      std::vector<uint8_t> turned(37 * kLanes), back(40 * 100);
      k->gather(bytes.data(), 100, 37, rows, turned.data());
      for (int c = 0; c < 37; ++c)
        for (int r = 0; r < kLanes; ++r) REQUIRE(turned[c * kLanes + r] == bytes[std::min(r, rows - 1) * 100 + c]);
      k->scatter(turned.data(), 37, rows, back.data(), 100);
      for (int i = 0; i < 40 * 100; ++i) REQUIRE(back[i] == (i / 100 < rows && i % 100 < 37 ? bytes[i] : 0));
      uint8_t sums[kLanes], expected[kLanes];
      k->weigh(bytes.data(), 100, fixed.data(), 4, sums, rows);
      kKernelsGeneric.weigh(bytes.data(), 100, fixed.data(), 4, expected, rows);
      CHECK(std::equal(sums, sums + rows, expected));
      float float_sums[kLanes], float_expected[kLanes];
      k->weigh_float(floats.data(), 100, weights.data(), 4, float_sums, rows);
      kKernelsGeneric.weigh_float(floats.data(), 100, weights.data(), 4, float_expected, rows);
      CHECK(std::equal(float_sums, float_sums + rows, float_expected));
    }
}

TEST_CASE("threads, and memory used again, change nothing") {
  CounterRng rng(12);
  ResizeScratch scratch;
  Image out;
  for (int i = 0; i < 60; ++i) {
    const auto side = [&] { return 1 + static_cast<int>(rng.below(90)); };
    Image image(side(), side(), i % 3 ? 3 : 4);
    for (uint8_t& p : image.pixels) p = static_cast<uint8_t>(rng.next_u32());
    ResizePlan plan{side(), side(), static_cast<Resample>(i % 6)};
    const Image expected = resize(image, plan);
    resize_into(image, plan, scratch, out);
    CHECK(out == expected);
    plan.threads = 3;
    CHECK(resize(image, plan) == expected);
    std::vector<float> values(image.pixels.begin(), image.pixels.begin() + image.width * image.height);
    const std::vector<float> floats = resize_float(values, image.width, image.height, plan);
    plan.threads = 1;
    CHECK(resize_float(values, image.width, image.height, plan) == floats);
  }
}

TEST_CASE("a window is the same as cutting out afterwards") {
  Image image(37, 53);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * i % 251);
  for (const Resample filter : {Resample::nearest, Resample::bicubic, Resample::lanczos})
    for (const auto& [width, height] : {std::pair{64, 20}, {37, 70}, {12, 53}, {37, 53}}) {
      const Window window{3, 5, width / 2, height / 2};
      ResizePlan plan{width, height, filter};
      const Image whole = resize(image, plan);
      plan.window = window;
      CHECK(resize(image, plan) == crop(whole, window));
    }
}

TEST_CASE("cutting out beyond the picture pads with zeros") {
  Image image(2, 2, 1);
  image.pixels = {1, 2, 3, 4};
  CHECK(crop(image, {-1, -1, 3, 3}).pixels == std::vector<uint8_t>{0, 0, 0, 0, 1, 2, 0, 3, 4});
  CHECK(crop(image, {1, 1, 2, 2}).pixels == std::vector<uint8_t>{4, 0, 0, 0});
  CHECK(crop(image, {5, 5, 1, 1}).pixels == std::vector<uint8_t>{0});
  CHECK(crop(image, {-9, 0, 2, 1}).pixels == std::vector<uint8_t>{0, 0});
}

TEST_CASE("a resize that does not fit says so") {
  const Image image(4, 4);
  CHECK(error_of([&] { resize(image, 0, 3, Resample::box); }) ==
        "[resize] expected an output of at least 1x1, got 0x3");
  CHECK(error_of([&] {
          resize(image, {2, 2, Resample::box, SourceBox{0, 0, 5, 4}});
        }) == "[resize] expected a box within 4x4, got [0, 0, 5, 4]");
  CHECK(error_of([&] {
          resize(image, {2, 2, Resample::box, {}, Window{1, 0, 2, 2}});
        }) == "[resize] expected a window within 2x2, got 2x2 at (1, 0)");
  CHECK(error_of([&] { crop(image, {0, 0, 0, 1}); }) == "[crop] expected at least 1x1 pixels, got 0x1");
}
