// Pictures to other sizes, as Pillow's ImageOps and Image.thumbnail do it.
#include "sensorium/base/error.h"
#include "sensorium/io/transform.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

/// `Image.resize(reducing_gap=...)`.
Image resize_in_two_steps(const Image& image, int width, int height, Resample filter, double gap) {
  const double x = static_cast<double>(image.width) / width, y = static_cast<double>(image.height) / height;
  const int x_factor = std::max(static_cast<int>(x / gap), 1), y_factor = std::max(static_cast<int>(y / gap), 1);
  if (filter == Resample::nearest || (x_factor == 1 && y_factor == 1)) return resize(image, width, height, filter);
  const Image reduced = reduce(image, x_factor, y_factor);
  const SourceBox box{0, 0, static_cast<float>(static_cast<double>(image.width) / x_factor),
                      static_cast<float>(static_cast<double>(image.height) / y_factor)};
  return resize(reduced, ResizePlan{width, height, filter, box});
}

/// `value` rounded up or down to at least 1, whichever is nearer to the wanted shape.
template <class Distance>
int round_to_shape(double value, Distance distance) {
  const double low = std::floor(value), high = std::ceil(value);
  return static_cast<int>(std::max(distance(high) < distance(low) ? high : low, 1.0));
}

}  // namespace

Image reduce(const Image& image, int x_scale, int y_scale, const std::optional<Window>& part) {
  if (x_scale < 1 || y_scale < 1)
    throw UsageError("reduce", "expected factors of at least 1, got {}x{}", x_scale, y_scale);
  const Window w = part.value_or(Window{0, 0, image.width, image.height});
  if (w.left < 0 || w.top < 0 || w.width < 1 || w.height < 1 || w.left > image.width - w.width ||
      w.top > image.height - w.height)
    throw UsageError("reduce", "expected a part within {}x{}, got {}x{} at ({}, {})", image.width, image.height,
                     w.width, w.height, w.left, w.top);
  Image out((w.width - 1) / x_scale + 1, (w.height - 1) / y_scale + 1, image.channels);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      const int left = w.left + x * x_scale, right = std::min(left + x_scale, w.left + w.width);
      const int top = w.top + y * y_scale, bottom = std::min(top + y_scale, w.top + w.height);
      const auto count = static_cast<uint32_t>((right - left) * (bottom - top));
      const auto multiplier = static_cast<uint32_t>(0x1p32f / static_cast<float>(256 * count));
      for (int c = 0; c < image.channels; ++c) {
        uint32_t sum = count / 2;
        for (int v = top; v < bottom; ++v)
          for (int u = left; u < right; ++u) sum += image.row(v)[u * image.channels + c];
        out.row(y)[x * image.channels + c] = static_cast<uint8_t>(sum * multiplier >> 24);
      }
    }
  return out;
}

Image contain(const Image& image, int width, int height, Resample filter) {
  const double shape = static_cast<double>(image.width) / image.height, wanted = static_cast<double>(width) / height;
  if (shape > wanted)
    height = static_cast<int>(std::nearbyint(static_cast<double>(image.height) / image.width * width));
  else if (shape < wanted)
    width = static_cast<int>(std::nearbyint(static_cast<double>(image.width) / image.height * height));
  return resize(image, width, height, filter);
}

Image pad(const Image& image, int width, int height, Resample filter, const Fill& fill) {
  const Image inner = contain(image, width, height, filter);
  if (inner.width == width && inner.height == height) return inner;
  Image out = filled_image(width, height, image.channels, fill);
  int left = 0, top = 0;
  if (inner.width != width)
    left = static_cast<int>(std::nearbyint((width - inner.width) * 0.5));
  else
    top = static_cast<int>(std::nearbyint((height - inner.height) * 0.5));
  for (int y = 0; y < inner.height && y + top < height; ++y)
    std::copy_n(inner.row(y), inner.stride(), out.row(y + top) + left * image.channels);
  return out;
}

Image fit(const Image& image, int width, int height, Resample filter) {
  const double shape = static_cast<double>(image.width) / image.height, wanted = static_cast<double>(width) / height;
  double crop_width = image.width, crop_height = image.height;
  if (shape > wanted)
    crop_width = wanted * image.height;
  else if (shape < wanted)
    crop_height = image.width / wanted;
  const double left = (image.width - crop_width) * 0.5, top = (image.height - crop_height) * 0.5;
  const SourceBox box{static_cast<float>(left), static_cast<float>(top), static_cast<float>(left + crop_width),
                      static_cast<float>(top + crop_height)};
  return resize(image, ResizePlan{width, height, filter, box});
}

Image thumbnail(const Image& image, int width, int height, Resample filter, double gap) {
  if (width < 1 || height < 1) throw UsageError("thumbnail", "expected at least 1x1 pixels, got {}x{}", width, height);
  if (width >= image.width && height >= image.height) return image;
  const double shape = static_cast<double>(image.width) / image.height;
  if (static_cast<double>(width) / height >= shape)
    width = round_to_shape(height * shape, [&](double n) { return std::abs(shape - n / height); });
  else
    height = round_to_shape(width / shape, [&](double n) { return n == 0 ? 0 : std::abs(shape - width / n); });
  return resize_in_two_steps(image, width, height, filter, gap);
}

}  // namespace sensorium
