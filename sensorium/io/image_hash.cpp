#include "sensorium/io/image_hash.h"

#include "sensorium/base/error.h"
#include "sensorium/io/colour.h"
#include "sensorium/io/resize.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

namespace sensorium {
namespace {

constexpr int kSide = 32, kLow = 8;
using Cells = std::array<double, kLow * kLow>;

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

/// Grey by Lanczos at that size. Throws for what is not RGB.
Image small_grey(const Image& image, int width, int height) {
  if (image.channels != 3 || image.width < 1 || image.height < 1)
    throw UsageError("perceptual hash", "expected an RGB picture, got {}x{} with {} channels", image.width,
                     image.height, image.channels);
  return resize(to_grey(image), width, height, Resample::lanczos);
}

template <class Bit>
uint64_t hash_of_bits(Bit bit) {
  uint64_t hash = 0;
  for (int i = 0; i < kLow * kLow; ++i) hash = hash << 1 | static_cast<uint64_t>(bit(i / kLow, i % kLow));
  return hash;
}

uint64_t above(const Cells& cells, double level) {
  return hash_of_bits([&](int y, int x) { return cells[static_cast<size_t>(y * kLow + x)] > level; });
}

double median_of(Cells cells) {
  std::sort(cells.begin(), cells.end());
  return (cells[31] + cells[32]) / 2;
}

constexpr double kHaar = 0.70710678118654752440;

/// One level of Haar's transform of the n x n values at the corner, down columns and then along rows, averages first.
/// The order and the sums are those of pywt, whose rounding decides the bits of a picture of one colour.
void haar_down(std::vector<double>& values, size_t side, size_t n) {
  std::vector<double> line(n);
  for (const auto& [step, next] : {std::pair{side, size_t{1}}, {size_t{1}, side}})
    for (size_t k = 0; k < n; ++k) {
      double* at = &values[k * next];
      for (size_t i = 0; i < n; ++i) line[i] = at[i * step];
      for (size_t i = 0; i < n / 2; ++i) {
        at[i * step] = kHaar * line[2 * i + 1] + kHaar * line[2 * i];
        at[(n / 2 + i) * step] = -kHaar * line[2 * i + 1] + kHaar * line[2 * i];
      }
    }
}

/// The way back.
void haar_up(std::vector<double>& values, size_t side, size_t n) {
  std::vector<double> line(n);
  for (const auto& [step, next] : {std::pair{size_t{1}, side}, {side, size_t{1}}})
    for (size_t k = 0; k < n; ++k) {
      double* at = &values[k * next];
      for (size_t i = 0; i < n; ++i) line[i] = at[i * step];
      for (size_t i = 0; i < n / 2; ++i) {
        at[2 * i * step] = kHaar * line[i] + kHaar * line[n / 2 + i];
        at[(2 * i + 1) * step] = kHaar * line[i] + -kHaar * line[n / 2 + i];
      }
    }
}

}  // namespace

uint64_t perceptual_hash(const Image& image) {
  const Image small = small_grey(image, kSide, kSide);
  double columns[kLow][kSide];  // DCT down each column, low frequencies: (frequency, x)
  for (int x = 0; x < kSide; ++x) {
    double column[kSide], low[kLow];
    for (int y = 0; y < kSide; ++y) column[y] = small.row(y)[x];
    dct(column, kSide, kLow, low, 1);
    for (int k = 0; k < kLow; ++k) columns[k][x] = low[k];
  }
  Cells cells;
  for (int k = 0; k < kLow; ++k) dct(columns[k], kSide, kLow, cells.data() + k * kLow, 1);
  return above(cells, median_of(cells));
}

uint64_t simple_perceptual_hash(const Image& rgb) {
  const Image small = small_grey(rgb, kSide, kSide);
  Cells cells;
  double sum = 0;
  for (int y = 0; y < kLow; ++y) {
    double row[kSide], low[kLow + 1];
    for (int x = 0; x < kSide; ++x) row[x] = small.row(y)[x];
    dct(row, kSide, kLow + 1, low, 1);
    std::copy_n(low + 1, kLow, &cells[static_cast<size_t>(y * kLow)]);
  }
  for (const double value : cells) sum += value;
  return above(cells, sum / static_cast<double>(cells.size()));
}

uint64_t average_hash(const Image& rgb) {
  const Image small = small_grey(rgb, kLow, kLow);
  int sum = 0;
  for (const uint8_t value : small.pixels) sum += value;
  return hash_of_bits([&](int y, int x) { return small.row(y)[x] * kLow * kLow > sum; });
}

uint64_t difference_hash(const Image& rgb) {
  const Image small = small_grey(rgb, kLow + 1, kLow);
  return hash_of_bits([&](int y, int x) { return small.row(y)[x + 1] > small.row(y)[x]; });
}

uint64_t vertical_difference_hash(const Image& rgb) {
  const Image small = small_grey(rgb, kLow, kLow + 1);
  return hash_of_bits([&](int y, int x) { return small.row(y + 1)[x] > small.row(y)[x]; });
}

uint64_t wavelet_hash(const Image& rgb) {
  const auto shorter = static_cast<unsigned>(std::max(std::min(rgb.width, rgb.height), 1));
  const auto side = static_cast<size_t>(std::max(std::bit_floor(shorter), unsigned{kLow}));
  const Image grey = small_grey(rgb, static_cast<int>(side), static_cast<int>(side));
  std::vector<double> values(side * side);
  std::transform(grey.pixels.begin(), grey.pixels.end(), values.begin(), [](uint8_t v) { return v / 255.0; });
  for (size_t n = side; n > 1; n /= 2) haar_down(values, side, n);
  values[0] = 0;
  for (size_t n = 2; n <= side; n *= 2) haar_up(values, side, n);
  for (size_t n = side; n > kLow; n /= 2) haar_down(values, side, n);
  Cells cells;
  for (size_t y = 0; y < kLow; ++y) std::copy_n(&values[y * side], kLow, &cells[y * kLow]);
  return above(cells, median_of(cells));
}

}  // namespace sensorium
