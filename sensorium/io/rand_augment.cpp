#include "sensorium/io/rand_augment.h"

#include "sensorium/base/error.h"
#include "sensorium/io/colour.h"
#include "sensorium/io/transform.h"

#include <cmath>

namespace sensorium {
namespace {

constexpr int kStrongest = 30;

/// An operation: `strength` is 0 to 1, negative for the other direction of those that have two.
struct Operation {
  bool signed_strength;
  Image (*apply)(const Image& image, double strength);
};

Image moved(const Image& image, const std::array<double, 6>& matrix) {
  return affine(image, image.width, image.height, matrix, Resample::nearest);
}

/// A shift of whole pixels, of at most 150 in 331.
double shift(int side, double strength) {
  return std::trunc(strength * 150.0 / 331.0 * side);
}

constexpr Operation kOperations[] = {
    {false, [](const Image& i, double) { return i; }},
    {true,
     [](const Image& i, double s) {
       return moved(i, {1, 0.3 * s, 0, 0, 1, 0});
     }},
    {true,
     [](const Image& i, double s) {
       return moved(i, {1, 0, 0, 0.3 * s, 1, 0});
     }},
    {true,
     [](const Image& i, double s) {
       return moved(i, {1, 0, -shift(i.width, s), 0, 1, 0});
     }},
    {true,
     [](const Image& i, double s) {
       return moved(i, {1, 0, 0, 0, 1, -shift(i.height, s)});
     }},
    {true, [](const Image& i, double s) { return rotate(i, {.degrees = 30 * s, .centre = {}, .translate = {}}); }},
    {true, [](const Image& i, double s) { return adjust_brightness(i, 1 + 0.9 * s); }},
    {true, [](const Image& i, double s) { return adjust_saturation(i, 1 + 0.9 * s); }},
    {true, [](const Image& i, double s) { return adjust_contrast(i, 1 + 0.9 * s); }},
    {true, [](const Image& i, double s) { return adjust_sharpness(i, 1 + 0.9 * s); }},
    {false, [](const Image& i, double s) { return posterize(i, 8 - static_cast<int>(std::nearbyint(4 * s))); }},
    {false, [](const Image& i, double s) { return solarize(i, static_cast<int>(std::ceil(255 * (1 - s)))); }},
    {false, [](const Image& i, double) { return autocontrast(i); }},
    {false, [](const Image& i, double) { return equalize(i); }},
};

}  // namespace

Image rand_augment(const Image& rgb, int operations, int magnitude, CounterRng& rng) {
  if (rgb.channels != 3) throw UsageError("augment", "expected an image of 3 channels, got {}", rgb.channels);
  if (operations < 0 || magnitude < 0 || magnitude > kStrongest)
    throw UsageError("augment", "expected at least 0 operations of strength 0 to {}, got {} of {}", kStrongest,
                     operations, magnitude);
  Image image = rgb;
  for (int i = 0; i < operations; ++i) {
    const Operation& operation = kOperations[rng.below(std::size(kOperations))];
    double strength = static_cast<double>(magnitude) / kStrongest;
    if (operation.signed_strength && rng.below(2) == 1) strength = -strength;
    image = operation.apply(image, strength);
  }
  return image;
}

}  // namespace sensorium
