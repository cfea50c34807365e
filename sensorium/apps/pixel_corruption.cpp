#include "sensorium/apps/pixel_corruption.h"

#include "sensorium/base/rng.h"
#include "sensorium/base/threads.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace sensorium {
namespace {

bool is_missing(size_t item, double share, uint64_t seed) {
  return CounterRng(mix_seed(seed, {0x6d697373, item})).uniform() < share;
}

uint8_t to_byte(double value) {
  return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

void add_noise(std::span<uint8_t> picture, double amount, uint64_t seed) {
  CounterRng rng(seed);
  for (uint8_t& x : picture) x = to_byte(x + 255 * amount * rng.normal());
}

/// One direction of a separable Gaussian, over lines of `length` values `step` apart.
void blur_line(float* line, int64_t length, int64_t step, const std::vector<double>& weights,
               std::vector<float>& copy) {
  const auto radius = static_cast<int64_t>(weights.size()) - 1;
  copy.resize(static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) copy[static_cast<size_t>(i)] = line[i * step];
  const auto at = [&](int64_t i) {
    return static_cast<double>(copy[static_cast<size_t>(std::clamp<int64_t>(i, 0, length - 1))]);
  };
  for (int64_t i = 0; i < length; ++i) {
    double sum = weights[0] * at(i);
    for (int64_t k = 1; k <= radius; ++k) sum += weights[static_cast<size_t>(k)] * (at(i - k) + at(i + k));
    line[i * step] = static_cast<float>(sum);
  }
}

void blur(std::span<uint8_t> picture, int64_t height, int64_t width, double sigma) {
  if (sigma <= 0) return;
  std::vector<double> weights(static_cast<size_t>(std::ceil(3 * sigma)) + 1);
  double total = 0;
  for (size_t k = 0; k < weights.size(); ++k) {
    weights[k] = std::exp(-static_cast<double>(k * k) / (2 * sigma * sigma));
    total += k == 0 ? weights[k] : 2 * weights[k];
  }
  for (double& w : weights) w /= total;
  std::vector<float> values(picture.begin(), picture.end()), copy;
  for (int64_t c = 0; c < 3; ++c) {
    float* plane = values.data() + c * height * width;
    for (int64_t y = 0; y < height; ++y) blur_line(plane + y * width, width, 1, weights, copy);
    for (int64_t x = 0; x < width; ++x) blur_line(plane + x, height, width, weights, copy);
  }
  std::transform(values.begin(), values.end(), picture.begin(),
                 [](float v) { return to_byte(static_cast<double>(v)); });
}

/// The processor's mean colour, the bytes next to a value of 0; grey where it does not normalise.
void make_plain(std::span<uint8_t> picture, const ImageProcessor& processor) {
  const size_t plane = picture.size() / 3;
  for (size_t c = 0; c < 3; ++c) {
    const auto& values = processor.table()->values[c];
    const auto mean = std::ranges::min_element(values, {}, [](float v) { return std::abs(v); }) - values.begin();
    std::ranges::fill(picture.subspan(c * plane, plane),
                      processor.config().normalize ? static_cast<uint8_t>(mean) : uint8_t{128});
  }
}

}  // namespace

std::string Corruption::name() const {
  switch (kind) {
    case Kind::noise:
      return fmt::format("noise {:g}", amount);
    case Kind::blur:
      return fmt::format("blur {:g}", amount);
    case Kind::missing:
      return fmt::format("missing {:g}", amount);
    default:
      return "as it is";
  }
}

PixelEncoder corrupted(const PixelEncoder& encode, const ImageProcessor& processor, const Corruption& corruption,
                       uint64_t seed) {
  auto done = std::make_shared<size_t>(0);
  return [&encode, &processor, corruption, seed, done](const Pixels& pixels) {
    if (corruption.kind == Corruption::Kind::none) return encode(pixels);
    Pixels worse = pixels;
    const size_t count = static_cast<size_t>(pixels.count), first = *done;
    parallel_for(count, 0, [&](size_t b) {
      const std::span<uint8_t> picture(worse.picture(b), worse.picture_size());
      const size_t item = first + b;
      if (corruption.kind == Corruption::Kind::noise)
        add_noise(picture, corruption.amount, mix_seed(seed, {0x6e6f6973, item}));
      else if (corruption.kind == Corruption::Kind::blur)
        blur(picture, pixels.height, pixels.width, corruption.amount);
      else if (is_missing(item, corruption.amount, seed))
        make_plain(picture, processor);
    });
    *done += count;
    return encode(worse);
  };
}

std::vector<bool> missing_items(size_t count, double share, uint64_t seed) {
  std::vector<bool> missing(count);
  for (size_t i = 0; i < count; ++i) missing[i] = is_missing(i, share, mix_seed(seed, {0x74657874}));
  return missing;
}

}  // namespace sensorium
