#include "sensorium/io/blur.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace sensorium {
namespace {

void check_radius(double radius) {
  if (!(radius >= 0 && radius <= 10'000)) throw UsageError("blur", "expected a radius from 0 to 10000, got {}", radius);
}

/// One direction of a picture: `outer` groups of `n` positions of `inner` values that lie side by side.
struct Direction {
  size_t outer, n, inner;
};

/// A box blur along one direction in fixed point of 24 bits. The window's sum is kept as it slides.
void blur_once(const uint8_t* in, const Direction& d, float radius, uint8_t* out) {
  const auto whole = static_cast<int64_t>(radius);
  const auto weight = static_cast<uint32_t>(static_cast<float>(1 << 24) / (radius * 2 + 1));
  const uint32_t far = ((1u << 24) - static_cast<uint32_t>(whole * 2 + 1) * weight) / 2;
  std::vector<uint32_t> sums(d.inner);
  const auto last = static_cast<int64_t>(d.n) - 1;
  for (size_t group = 0; group < d.outer; ++group, in += d.n * d.inner, out += d.n * d.inner) {
    const auto at = [&](int64_t i) { return in + static_cast<size_t>(std::clamp<int64_t>(i, 0, last)) * d.inner; };
    std::fill(sums.begin(), sums.end(), 0);
    for (int64_t i = -whole - 1; i < whole; ++i)
      for (size_t k = 0; k < d.inner; ++k) sums[k] += at(i)[k];
    for (int64_t i = 0; i <= last; ++i) {
      const uint8_t *leaving = at(i - whole - 1), *entering = at(i + whole), *beyond = at(i + whole + 1);
      uint8_t* to = out + static_cast<size_t>(i) * d.inner;
      for (size_t k = 0; k < d.inner; ++k) {
        sums[k] += entering[k] - static_cast<uint32_t>(leaving[k]);
        to[k] = static_cast<uint8_t>((sums[k] * weight + (leaving[k] + beyond[k]) * far + (1u << 23)) >> 24);
      }
    }
  }
}

Image blur_passes(const Image& image, float x, float y, int passes) {
  Image current = image, next = image;
  const size_t width = static_cast<size_t>(image.width), height = static_cast<size_t>(image.height);
  const auto run = [&](const Direction& d, float radius) {
    for (int i = 0; radius != 0 && i < passes; ++i) {
      blur_once(current.pixels.data(), d, radius, next.pixels.data());
      std::swap(current.pixels, next.pixels);
    }
  };
  if (image.pixels.empty()) return image;
  run({height, width, static_cast<size_t>(image.channels)}, x);
  run({1, height, image.stride()}, y);
  return current;
}

/// The radius of the box whose `passes`-fold blur has the variance of a Gaussian, in Pillow's precisions.
float box_radius(float radius, int passes) {
  const float variance = radius * radius / static_cast<float>(passes);
  const float length = static_cast<float>(std::sqrt(12.0 * variance + 1.0));
  const float whole = static_cast<float>(std::floor((static_cast<double>(length) - 1.0) / 2.0));
  float part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
  part /= 6 * (variance - (whole + 1) * (whole + 1));
  return whole + part;
}

}  // namespace

Image gaussian_blur(const Image& image, double x, double y) {
  check_radius(x);
  check_radius(y);
  constexpr int kPasses = 3;
  if (x == 0 && y == 0) return image;
  return blur_passes(image, box_radius(static_cast<float>(x), kPasses), box_radius(static_cast<float>(y), kPasses),
                     kPasses);
}

Image box_blur(const Image& image, double radius) {
  check_radius(radius);
  return blur_passes(image, static_cast<float>(radius), static_cast<float>(radius), 1);
}

Image median_filter(const Image& image, int size) {
  if (size < 1 || size > 31 || size % 2 == 0)
    throw UsageError("median filter", "expected an odd size from 1 to 31, got {}", size);
  Image out = image;
  std::vector<uint8_t> values(static_cast<size_t>(size) * static_cast<size_t>(size));
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  const int reach = size / 2;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      for (int c = 0; c < image.channels; ++c) {
        auto to = values.begin();
        for (int v = y - reach; v <= y + reach; ++v)
          for (int u = x - reach; u <= x + reach; ++u)
            *to++ =
                image.row(std::clamp(v, 0, image.height - 1))[std::clamp(u, 0, image.width - 1) * image.channels + c];
        std::nth_element(values.begin(), middle, values.end());
        out.row(y)[x * image.channels + c] = *middle;
      }
  return out;
}

Image unsharp_mask(const Image& image, double radius, int percent, int threshold) {
  Image out = gaussian_blur(image, radius);
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const int value = image.pixels[i], difference = value - out.pixels[i];
    out.pixels[i] = static_cast<uint8_t>(
        std::abs(difference) > threshold ? std::clamp(value + difference * percent / 100, 0, 255) : value);
  }
  return out;
}

// The sums are of single precision, row by row from below, as Pillow's are.
Image smooth(const Image& image) {
  Image out = image;
  if (image.width < 3 || image.height < 3) return out;
  constexpr float kOne = 1.0f / 13.0f, kCentre = 5.0f / 13.0f;
  const int step = image.channels;
  const auto row_sum = [step](const uint8_t* p, float centre) {
    return static_cast<float>(p[-step]) * kOne + static_cast<float>(p[0]) * centre + static_cast<float>(p[step]) * kOne;
  };
  for (int y = 1; y + 1 < image.height; ++y)
    for (int i = step; i < (image.width - 1) * step; ++i) {
      float sum = 0.5f;
      sum += row_sum(image.row(y + 1) + i, kOne);
      sum += row_sum(image.row(y) + i, kCentre);
      sum += row_sum(image.row(y - 1) + i, kOne);
      out.row(y)[i] = static_cast<uint8_t>(std::clamp(sum, 0.0f, 255.0f));
    }
  return out;
}

}  // namespace sensorium
