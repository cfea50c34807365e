#include "sensorium/io/augment.h"

#include "sensorium/io/rand_augment.h"
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

TEST_CASE("every step alone changes the picture, and only by its stream") {
  Image image(40, 40);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * i / 50);
  AugmentOptions base;
  base.scale_min = base.scale_max = base.ratio_min = base.ratio_max = 1.0;
  const auto make = [&](const AugmentOptions& options, uint64_t seed) {
    CounterRng rng(seed);
    return augment(image, 40, 40, Resample::bicubic, options, rng);
  };
  REQUIRE(make(base, 1) == image);
  const auto check = [&](auto change) {
    AugmentOptions options = base;
    change(options);
    CHECK(make(options, 1) != image);
    CHECK(make(options, 1) == make(options, 1));
    int different = 0;
    for (uint64_t seed = 2; seed < 8; ++seed) different += make(options, seed) != make(options, 1);
    CHECK(different >= 3);
  };
  check([](AugmentOptions& o) { o.rotate = 20; });
  check([](AugmentOptions& o) { o.hue = 0.4; });
  check([](AugmentOptions& o) { o.brightness = 0.4; });
  check([](AugmentOptions& o) { o.blur = 1; });
  check([](AugmentOptions& o) { o.rand_operations = 3; });
}

TEST_CASE("RandAugment keeps the size, and of strength 0 the picture, but for what has no strength") {
  Image image(31, 23);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * i / 50 % 255);
  const Image stretched = autocontrast(image), flat = equalize(image);
  int unchanged = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CounterRng rng(seed), again(seed);
    const Image weak = rand_augment(image, 1, 0, rng);
    const Image strong = rand_augment(image, 2, 30, again);
    CHECK(strong.width == 31);
    CHECK(strong.height == 23);
    unchanged += weak == image;
    CHECK((weak == image || weak == stretched || weak == flat));
  }
  CHECK(unchanged > 40);
  CHECK(unchanged < 60);
  CounterRng rng(1);
  CHECK(error_of([&] { rand_augment(image, 1, 31, rng); }) ==
        "[augment] expected at least 0 operations of strength 0 to 30, got 1 of 31");
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
