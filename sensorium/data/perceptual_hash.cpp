#include "sensorium/data/perceptual_hash.h"

#include "sensorium/base/error.h"
#include "sensorium/io/resize.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sensorium {
namespace {

constexpr int kSide = 32, kLow = 8;

/// Pillow's convert("L"): ITU-R 601-2 luma in 16-bit fixed point.
Image grey(const Image& image) {
  Image out(image.width, image.height, 1);
  const uint8_t* in = image.pixels.data();
  for (uint8_t& value : out.pixels) {
    value = static_cast<uint8_t>((in[0] * 19595u + in[1] * 38470u + in[2] * 7471u + 0x8000u) >> 16);
    in += 3;
  }
  return out;
}

/// DCT-II without scaling, y[k] = 2 sum x[i] cos(pi k (2i+1) / 2n), the first `wanted` values. Halved recursively so
/// that the odd frequencies come from differences: those of a constant are exactly 0, as in the reference's fast
/// transform.
void dct(const double* x, int n, int wanted, double* y, int stride) {
  if (n == 1) {
    y[0] = 2 * x[0];
    return;
  }
  double sums[kSide / 2], even[kLow];
  double differences[kSide / 2];
  for (int i = 0; i < n / 2; ++i) {
    sums[i] = x[i] + x[n - 1 - i];
    differences[i] = x[i] - x[n - 1 - i];
  }
  const int half = std::min((wanted + 1) / 2, n / 2);
  dct(sums, n / 2, half, even, 1);
  for (int k = 0; k < half; ++k) y[2 * k * stride] = even[k];
  for (int k = 1; k < std::min(wanted, n); k += 2) {
    double sum = 0;
    for (int i = 0; i < n / 2; ++i) sum += differences[i] * std::cos(std::numbers::pi * k * (2 * i + 1) / (2 * n));
    y[k * stride] = 2 * sum;
  }
}

void check_rgb(const Image& image) {
  if (image.channels != 3 || image.width < 1 || image.height < 1)
    throw UsageError("perceptual hash", "expected an RGB picture, got {}x{} with {} channels", image.width,
                     image.height, image.channels);
}

}  // namespace

uint64_t perceptual_hash(const Image& image) {
  check_rgb(image);
  const Image small = resize(grey(image), kSide, kSide, Resample::lanczos);
  double columns[kLow][kSide];  // DCT down each column, low frequencies: (frequency, x)
  for (int x = 0; x < kSide; ++x) {
    double column[kSide], low[kLow];
    for (int y = 0; y < kSide; ++y) column[y] = small.row(y)[x];
    dct(column, kSide, kLow, low, 1);
    for (int k = 0; k < kLow; ++k) columns[k][x] = low[k];
  }
  std::array<double, kLow * kLow> low;
  for (int k = 0; k < kLow; ++k) dct(columns[k], kSide, kLow, low.data() + k * kLow, 1);
  std::array<double, kLow* kLow> sorted = low;
  std::sort(sorted.begin(), sorted.end());
  const double median = (sorted[31] + sorted[32]) / 2;
  uint64_t hash = 0;
  for (const double value : low) hash = hash << 1 | static_cast<uint64_t>(value > median);
  return hash;
}

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
