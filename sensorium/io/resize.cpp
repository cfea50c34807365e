#include "sensorium/io/resize.h"

#include "sensorium/base/error.h"
#include "sensorium/io/resize_weights.h"

#include <algorithm>
#include <cstring>

// The kernel below is compiled for several instruction sets, and the best one is taken at run time.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define SENSORIUM_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SENSORIUM_CLONES
#endif

namespace sensorium {
namespace {

using namespace resize_detail;

constexpr int kBits = 32 - 8 - 2;  // of a weight, after the point
constexpr int kLanes = 32;         // sums kept in registers

std::vector<int32_t> to_fixed_point(const std::vector<double>& values) {
  std::vector<int32_t> fixed(values.size());
  std::transform(values.begin(), values.end(), fixed.begin(),
                 [](double v) { return static_cast<int32_t>(v * (1 << kBits) + (v < 0 ? -0.5 : 0.5)); });
  return fixed;
}

/// out[i] = sum over taps t of in[t * step + i] * weights[t], rounded and clipped, for i < lanes <= kLanes.
SENSORIUM_CLONES void weigh(const uint8_t* in, size_t step, const int32_t* weights, int taps, uint8_t* out, int lanes) {
  int32_t sums[kLanes];
  for (int i = 0; i < kLanes; ++i) sums[i] = 1 << (kBits - 1);
  if (lanes == kLanes) {
    for (int t = 0; t < taps; ++t, in += step)
      for (int i = 0; i < kLanes; ++i) sums[i] += in[i] * weights[t];
  } else {
    for (int t = 0; t < taps; ++t, in += step)
      for (int i = 0; i < lanes; ++i) sums[i] += in[i] * weights[t];
  }
  uint8_t clipped[kLanes];
  for (int i = 0; i < kLanes; ++i) clipped[i] = static_cast<uint8_t>(std::clamp(sums[i] >> kBits, 0, 255));
  std::memcpy(out, clipped, static_cast<size_t>(lanes));
}

/// out[column * lanes + row] = in[row * stride + column] for `lanes` rows.
void transpose(const uint8_t* in, size_t stride, size_t columns, int lanes, uint8_t* out) {
  for (int row = 0; row < lanes; ++row) {
    const uint8_t* from = in + static_cast<size_t>(row) * stride;
    for (size_t c = 0; c < columns; ++c) out[c * static_cast<size_t>(lanes) + static_cast<size_t>(row)] = from[c];
  }
}

/// The run of inputs that the wanted outputs need: from, and one past.
std::pair<int, int> inputs_of(const Weights& weights) {
  return {*std::min_element(weights.first.begin(), weights.first.end()),
          weights.first.back() + weights.taps(weights.outputs() - 1)};
}

void shift_inputs(Weights& weights, int by) {
  for (int& first : weights.first) first -= by;
}

/// Rows [first_row, end_row) of the image, resampled along x. Groups of rows are turned on their side, so that each
/// tap of an output column is one run of memory, whatever the number of channels.
Image resample_horizontal(const Image& in, const Weights& weights, int first_row, int end_row) {
  const std::vector<int32_t> fixed = to_fixed_point(weights.values);
  const size_t channels = static_cast<size_t>(in.channels);
  Image out(weights.outputs(), end_row - first_row, in.channels);
  const auto [first, last] = inputs_of(weights);
  const size_t columns = static_cast<size_t>(last - first) * channels;
  const size_t group = static_cast<size_t>(std::min(kLanes, out.height));
  std::vector<uint8_t> turned(columns * group), result(out.stride() * group);
  for (int y = 0; y < out.height; y += kLanes) {
    const int lanes = std::min(kLanes, out.height - y);
    const size_t step = static_cast<size_t>(lanes);
    transpose(in.row(first_row + y) + static_cast<size_t>(first) * channels, in.stride(), columns, lanes,
              turned.data());
    for (int x = 0; x < out.width; ++x)
      for (size_t c = 0; c < channels; ++c)
        weigh(&turned[(static_cast<size_t>(weights.first[x] - first) * channels + c) * step], step * channels,
              &fixed[weights.offset[x]], weights.taps(x), &result[(static_cast<size_t>(x) * channels + c) * step],
              lanes);
    for (int row = 0; row < lanes; ++row) {
      uint8_t* to = out.row(y + row);
      for (size_t c = 0; c < out.stride(); ++c) to[c] = result[c * step + static_cast<size_t>(row)];
    }
  }
  return out;
}

/// Columns [first_column, end_column) of the image, resampled along y.
Image resample_vertical(const Image& in, const Weights& weights, int first_column, int end_column) {
  const std::vector<int32_t> fixed = to_fixed_point(weights.values);
  Image out(end_column - first_column, weights.outputs(), in.channels);
  const size_t skip = static_cast<size_t>(first_column) * static_cast<size_t>(in.channels);
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* from = in.row(weights.first[y]) + skip;
    for (size_t x = 0; x < out.stride(); x += kLanes)
      weigh(from + x, in.stride(), &fixed[weights.offset[y]], weights.taps(y), out.row(y) + x,
            static_cast<int>(std::min<size_t>(kLanes, out.stride() - x)));
  }
  return out;
}

Image resample_nearest(const Image& in, const Axis& horizontal, const Axis& vertical) {
  const std::vector<int> columns = nearest_indices(horizontal), rows = nearest_indices(vertical);
  Image out(static_cast<int>(columns.size()), static_cast<int>(rows.size()), in.channels);
  uint8_t* to = out.pixels.data();
  for (const int y : rows)
    for (const int x : columns)
      to = std::copy_n(in.row(y) + static_cast<size_t>(x) * static_cast<size_t>(in.channels), in.channels, to);
  return out;
}

Image resample(const Image& in, const Axis& horizontal, const Axis& vertical, Resample filter) {
  if (horizontal.is_identity() && vertical.is_identity())
    return crop(in,
                {horizontal.begin, vertical.begin, horizontal.end - horizontal.begin, vertical.end - vertical.begin});
  if (vertical.is_identity())
    return resample_horizontal(in, compute_weights(horizontal, filter), vertical.begin, vertical.end);
  Weights down = compute_weights(vertical, filter);
  if (horizontal.is_identity()) return resample_vertical(in, down, horizontal.begin, horizontal.end);
  Weights across = compute_weights(horizontal, filter);
  if (vertical_first(horizontal, vertical)) {
    const auto [first, end] = inputs_of(across);
    shift_inputs(across, first);
    return resample_horizontal(resample_vertical(in, down, first, end), across, 0, down.outputs());
  }
  const auto [first, end] = inputs_of(down);
  shift_inputs(down, first);
  return resample_vertical(resample_horizontal(in, across, first, end), down, 0, across.outputs());
}

Image premultiplied(Image image) {
  for (size_t i = 0; i < image.pixels.size(); i += 4)
    for (size_t c = 0; c < 3; ++c) {
      const uint32_t t = image.pixels[i + c] * uint32_t{image.pixels[i + 3]} + 128;
      image.pixels[i + c] = static_cast<uint8_t>(((t >> 8) + t) >> 8);
    }
  return image;
}

Image unpremultiplied(Image image) {
  for (size_t i = 0; i < image.pixels.size(); i += 4) {
    const uint32_t alpha = image.pixels[i + 3];
    if (alpha == 0 || alpha == 255) continue;
    for (size_t c = 0; c < 3; ++c)
      image.pixels[i + c] = static_cast<uint8_t>(std::min(255u * image.pixels[i + c] / alpha, 255u));
  }
  return image;
}

}  // namespace

Image resize(const Image& image, const ResizePlan& plan) {
  const auto [horizontal, vertical] = plan_axes(image.width, image.height, plan);
  if (plan.filter == Resample::nearest) return resample_nearest(image, horizontal, vertical);
  if (image.channels != 4 || (horizontal.is_identity() && vertical.is_identity()))
    return resample(image, horizontal, vertical, plan.filter);
  return unpremultiplied(resample(premultiplied(image), horizontal, vertical, plan.filter));
}

Image crop(const Image& image, const Window& w) {
  if (w.width < 1 || w.height < 1)
    throw UsageError("crop", "expected at least 1x1 pixels, got {}x{}", w.width, w.height);
  Image out(w.width, w.height, image.channels);
  const int x0 = std::max(0, -w.left), x1 = std::min<int>(w.width, std::max(image.width - w.left, x0));
  const size_t channels = static_cast<size_t>(image.channels);
  for (int y = std::max(0, -w.top); y < w.height && y + w.top < image.height; ++y)
    std::copy_n(image.row(y + w.top) + static_cast<size_t>(w.left + x0) * channels,
                static_cast<size_t>(std::max(0, x1 - x0)) * channels, out.row(y) + static_cast<size_t>(x0) * channels);
  return out;
}

Image flip_horizontal(const Image& image) {
  Image out(image.width, image.height, image.channels);
  const int channels = image.channels;
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* from = image.row(y) + image.stride();
    uint8_t* to = out.row(y);
    for (int x = 0; x < image.width; ++x) to = std::copy_n(from -= channels, channels, to);
  }
  return out;
}

}  // namespace sensorium
