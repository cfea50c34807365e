#include "sensorium/io/augment.h"

#include "sensorium/base/error.h"
#include "sensorium/io/blur.h"
#include "sensorium/io/rand_augment.h"
#include "sensorium/io/transform.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace sensorium {
namespace {

Image jitter(Image image, const AugmentOptions& options, CounterRng& rng) {
  struct Step {
    Image (*adjust)(const Image&, double);
    double strength, neutral;
  };
  std::vector<Step> steps = {{adjust_brightness, options.brightness, 1},
                             {adjust_contrast, options.contrast, 1},
                             {adjust_saturation, options.saturation, 1}};
  if (options.hue > 0) steps.push_back({adjust_hue, options.hue, 0});
  for (size_t i = steps.size() - 1; i > 0; --i) std::swap(steps[i], steps[rng.below(i + 1)]);
  for (const auto& [adjust, strength, neutral] : steps) {
    if (strength <= 0) continue;
    const double low = neutral - strength;
    image = adjust(image, rng.uniform(neutral > 0 ? std::max(0.0, low) : low, neutral + strength));
  }
  return image;
}

}  // namespace

void AugmentOptions::describe(OptionSet& o) {
  o.field("scale_min", scale_min, "smallest part of a picture's area that a random crop keeps").range(0.01, 1);
  o.field("scale_max", scale_max, "largest part").range(0.01, 1);
  o.field("ratio_min", ratio_min, "narrowest crop (width / height)").range(0.1, 10);
  o.field("ratio_max", ratio_max, "widest crop").range(0.1, 10);
  o.field("flip", flip, "probability of mirroring").range(0, 1);
  o.field("brightness", brightness, "brightness changes by a factor of up to 1 +- this").range(0, 10);
  o.field("contrast", contrast, "contrast, likewise").range(0, 10);
  o.field("saturation", saturation, "saturation, likewise").range(0, 10);
  o.field("hue", hue, "hue turns by up to this part of the circle").range(0, 0.5);
  o.field("jitter", jitter, "probability that brightness, contrast, saturation and hue change at all").range(0, 1);
  o.field("grayscale", grayscale, "probability of losing all colour").range(0, 1);
  o.field("rotate", rotate, "degrees by which it turns at most, either way").range(0, 180);
  o.field("rand_operations", rand_operations, "operations of RandAugment").range(0, 14);
  o.field("rand_magnitude", rand_magnitude, "their strength").range(0, 30);
  o.field("blur", blur, "probability of a Gaussian blur").range(0, 1);
  o.field("blur_min", blur_min, "its smallest radius, in pixels").range(0, 100);
  o.field("blur_max", blur_max, "its largest radius").range(0, 100);
}

Window random_crop_window(int width, int height, const AugmentOptions& options, CounterRng& rng) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * rng.uniform(options.scale_min, options.scale_max);
    const double ratio = std::exp(rng.uniform(std::log(options.ratio_min), std::log(options.ratio_max)));
    const double w = std::nearbyint(std::sqrt(target * ratio)), h = std::nearbyint(std::sqrt(target / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const int top = static_cast<int>(rng.below(static_cast<uint64_t>(height - h + 1)));
    const int left = static_cast<int>(rng.below(static_cast<uint64_t>(width - w + 1)));
    return {left, top, static_cast<int>(w), static_cast<int>(h)};
  }
  const double shape = static_cast<double>(width) / height;
  int w = width, h = height;
  if (shape < options.ratio_min) h = std::clamp(static_cast<int>(std::nearbyint(w / options.ratio_min)), 1, height);
  if (shape > options.ratio_max) w = std::clamp(static_cast<int>(std::nearbyint(h * options.ratio_max)), 1, width);
  return {(width - w) / 2, (height - h) / 2, w, h};
}

Image augment(const Image& image, int width, int height, Resample filter, const AugmentOptions& options,
              CounterRng& rng) {
  if (image.channels != 3) throw UsageError("augment", "expected an image of 3 channels, got {}", image.channels);
  Image out = resize(crop(image, random_crop_window(image.width, image.height, options, rng)), width, height, filter);
  if (rng.uniform() < options.flip) out = flip_horizontal(out);
  if (options.rotate > 0)
    out = rotate(out, {.degrees = rng.uniform(-options.rotate, options.rotate),
                       .filter = Resample::bilinear,
                       .centre = {},
                       .translate = {}});
  if (options.rand_operations > 0) out = rand_augment(out, options.rand_operations, options.rand_magnitude, rng);
  if (rng.uniform() < options.jitter) out = jitter(std::move(out), options, rng);
  if (rng.uniform() < options.grayscale) out = to_grayscale(out);
  if (options.blur > 0 && rng.uniform() < options.blur)
    out = gaussian_blur(out, rng.uniform(options.blur_min, std::max(options.blur_min, options.blur_max)));
  return out;
}

}  // namespace sensorium
