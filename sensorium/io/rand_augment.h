#pragma once
// RandAugment: a few operations of one strength, drawn at random.

#include "sensorium/base/rng.h"
#include "sensorium/io/image.h"

#include <string_view>

namespace sensorium {

/// `operations` times, one of fourteen operations, each as likely: none, shear and shift along x or y, rotation,
/// brightness, colour, contrast, sharpness, posterize, solarize, autocontrast, equalize; of strength `magnitude` of 30
/// (0 to 30), those with two directions in a random one. RGB; black comes in from outside, nearest pixels. A function
/// of the picture and the stream alone. Throws UsageError for other channel counts. Source: Cubuk et al., "RandAugment:
/// practical automated data augmentation with a reduced search space", 2020; strengths as torchvision's RandAugment.
Image rand_augment(const Image& rgb, int operations, int magnitude, CounterRng& rng);

}  // namespace sensorium
