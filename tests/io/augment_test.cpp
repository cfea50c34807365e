#include "sensorium/io/augment.h"

#include "tests/io/golden.h"

#include <doctest/doctest.h>

using namespace sensorium;
using namespace sensorium::test;

TEST_CASE("random crops lie within the picture and within the limits") {
  AugmentOptions options;
  options.scale_min = 0.2;
  CounterRng rng(7);
  double smallest = 1, largest = 0;
  for (int i = 0; i < 2000; ++i) {
    const Window w = random_crop_window(90, 70, options, rng);
    REQUIRE(w.left >= 0);
    REQUIRE(w.top >= 0);
    REQUIRE(w.left + w.width <= 90);
    REQUIRE(w.top + w.height <= 70);
    const double part = w.width * w.height / 6300.0;
    smallest = std::min(smallest, part);
    largest = std::max(largest, part);
  }
  CHECK(smallest < 0.22);
  CHECK(smallest > 0.18);
  CHECK(largest > 0.9);
}

TEST_CASE("a shape that allows no crop gives the largest centred part") {
  CounterRng rng(1);
  const Window wide = random_crop_window(1000, 3, AugmentOptions{}, rng);
  CHECK(wide.left == 498);
  CHECK(wide.width == 4);
  CHECK(wide.height == 3);
  const Window dot = random_crop_window(1, 1, AugmentOptions{}, rng);
  CHECK(dot.width == 1);
}

TEST_CASE("augmentation depends on the stream alone") {
  Image image(50, 40);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 13);
  AugmentOptions options;
  options.scale_min = 0.3;
  options.flip = 0.5;
  options.brightness = options.contrast = options.saturation = 0.4;
  options.grayscale = 0.2;
  const auto make = [&](uint64_t seed) {
    CounterRng rng(seed);
    return augment(image, 16, 12, Resample::bicubic, options, rng);
  };
  CHECK(make(3).width == 16);
  CHECK(make(3).height == 12);
  CHECK(make(3) == make(3));
  CHECK(make(3) != make(4));
  CounterRng rng(1);
  CHECK(error_of([&] { augment(Image(4, 4, 1), 2, 2, Resample::bicubic, options, rng); }) ==
        "[augment] expected an image of 3 channels, got 1");
}

TEST_CASE("without random steps the picture is only resized") {
  Image image(30, 40);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 5);
  AugmentOptions options;
  options.scale_min = options.scale_max = 1.0;
  options.ratio_min = options.ratio_max = 0.75;
  CounterRng rng(1);
  CHECK(augment(image, 12, 16, Resample::bilinear, options, rng) == resize(image, 12, 16, Resample::bilinear));
}
