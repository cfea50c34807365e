#pragma once
// A model's input made worse on purpose, to see what that costs. Works on the pixels that the image processor gives,
// and gives pixels: rounded to bytes.

#include "sensorium/data/pictures.h"

#include <string>

namespace sensorium {

/// What is done to pictures.
struct Corruption {
  enum class Kind { none, noise, blur, missing };
  Kind kind = Kind::none;
  double amount = 0;
  /// "noise 0.1".
  std::string name() const;
};

/// An encoder over corrupted pixels. Noise: normal, of standard deviation `amount` in units of a pixel's full range,
/// cut off where that ends. Blur: Gaussian of standard deviation `amount` in pixels of the model's input, borders
/// repeated. Missing: that share of pictures is the processor's mean colour. Depends on the seed and the picture's
/// place among those encoded, not on batches. The encoder and processor have to outlive it; calls have to come in
/// order, from one thread.
PixelEncoder corrupted(const PixelEncoder& encode, const ImageProcessor& processor, const Corruption& corruption,
                       uint64_t seed);

/// The same for captions, as for missing pictures: which of `count` texts are left empty.
std::vector<bool> missing_items(size_t count, double share, uint64_t seed);

}  // namespace sensorium
