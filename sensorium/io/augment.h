#pragma once
// Training augmentation of pictures: random, but a function of the random stream alone.

#include "sensorium/base/options.h"
#include "sensorium/base/rng.h"
#include "sensorium/io/colour.h"
#include "sensorium/io/resize.h"

namespace sensorium {

/// What is done at random to a training picture. The defaults are those of open_clip: a large crop, nothing else.
struct AugmentOptions {
  double scale_min = 0.9, scale_max = 1.0;
  double ratio_min = 3.0 / 4.0, ratio_max = 4.0 / 3.0;
  double flip = 0.0;
  double rotate = 0.0;
  int rand_operations = 0, rand_magnitude = 9;
  double brightness = 0.0, contrast = 0.0, saturation = 0.0, hue = 0.0;
  double jitter = 1.0;
  double grayscale = 0.0;
  double blur = 0.0, blur_min = 0.1, blur_max = 2.0;

  void describe(OptionSet& o);
};

/// A random part of a width x height picture: an area of [scale_min, scale_max] of it, a shape (width / height) of
/// [ratio_min, ratio_max] drawn on a log scale; after ten failures, the largest centred part of an allowed shape. As
/// torchvision's RandomResizedCrop. Moves `rng` on.
Window random_crop_window(int width, int height, const AugmentOptions& options, CounterRng& rng);

/// An RGB picture (H, W, 3) made to `width` x `height`: random crop, resize, flip, rotation, RandAugment, brightness,
/// contrast, saturation and hue in random order, grey, blur. One stream per sample (seed it with `mix_seed(seed,
/// {epoch, sample})`) gives the same picture whatever the number of workers. Throws UsageError for other channel
/// counts. Thread-safe but for `rng`.
Image augment(const Image& image, int width, int height, Resample filter, const AugmentOptions& options,
              CounterRng& rng);

}  // namespace sensorium
