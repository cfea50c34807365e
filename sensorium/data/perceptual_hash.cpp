#include "sensorium/data/perceptual_hash.h"

#include "sensorium/base/error.h"
#include "sensorium/io/resize.h"

#include <algorithm>
#include <cstdlib>

namespace sensorium {
namespace {

void check_rgb(const Image& image) {
  if (image.channels != 3 || image.width < 1 || image.height < 1)
    throw UsageError("perceptual hash", "expected an RGB picture, got {}x{} with {} channels", image.width,
                     image.height, image.channels);
}

}  // namespace

ColourThumbnail colour_thumbnail(const Image& image) {
  check_rgb(image);
  const Image small = resize(image, 8, 8, Resample::box);
  ColourThumbnail out;
  std::copy(small.pixels.begin(), small.pixels.end(), out.begin());
  return out;
}

double colour_distance(const ColourThumbnail& a, const ColourThumbnail& b) {
  constexpr int kWhite = 250;
  int total = 0, values = 0;
  for (size_t cell = 0; cell < a.size(); cell += 3) {
    const auto white = [&](const ColourThumbnail& t) {
      return t[cell] >= kWhite && t[cell + 1] >= kWhite && t[cell + 2] >= kWhite;
    };
    if (white(a) && white(b)) continue;
    for (size_t c = cell; c < cell + 3; ++c) total += std::abs(a[c] - b[c]);
    values += 3;
  }
  return values ? static_cast<double>(total) / values : 0;
}

}  // namespace sensorium
