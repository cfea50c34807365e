#include "sensorium/io/resize.h"

#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/io/resize_kernels.h"
#include "sensorium/io/resize_scratch.h"

#include <algorithm>

namespace sensorium {

using namespace resize_detail;

namespace resize_detail {

void Pass::prepare(const Axis& new_axis, Resample new_filter) {
  if (axis == new_axis && filter == new_filter && !fixed.empty()) return;
  axis = new_axis;
  filter = new_filter;
  compute_weights(axis, filter, weights);
  fixed.resize(weights.values.size());
  std::transform(weights.values.begin(), weights.values.end(), fixed.begin(),
                 [](double v) { return static_cast<int32_t>(v * (1 << kBits) + (v < 0 ? -0.5 : 0.5)); });
  first = *std::min_element(weights.first.begin(), weights.first.end());
  end = weights.first.back() + weights.taps(weights.outputs() - 1);
}

// Groups of rows are turned on their side, so that each tap of an output column is one run of memory.
void resample_rows(const uint8_t* in, size_t stride, int rows, int channels, const Pass& across, GroupBuffers& buffers,
                   uint8_t* out, size_t out_stride) {
  const Kernels& k = kernels();
  const Weights& weights = across.weights;
  const size_t c = static_cast<size_t>(channels), columns = static_cast<size_t>(across.end - across.first) * c;
  const size_t outputs = static_cast<size_t>(weights.outputs());
  buffers.turned.resize(columns * kLanes);
  buffers.result.resize(outputs * c * kLanes);
  k.gather(in, stride, columns, rows, buffers.turned.data());
  uint8_t* to = buffers.result.data();
  for (size_t x = 0; x < outputs; ++x) {
    const uint8_t* from = &buffers.turned[static_cast<size_t>(weights.first[x] - across.first) * c * kLanes];
    for (size_t channel = 0; channel < c; ++channel, to += kLanes)
      k.weigh(from + channel * kLanes, kLanes * c, &across.fixed[weights.offset[x]], weights.taps(static_cast<int>(x)),
              to, kLanes);
  }
  k.scatter(buffers.result.data(), outputs * c, rows, out, out_stride);
}

void resample_column(const uint8_t* in, size_t stride, size_t bytes, const Pass& down, int i, uint8_t* out) {
  const Weights& weights = down.weights;
  const Kernels& k = kernels();
  const uint8_t* from = in + static_cast<size_t>(weights.first[i] - down.first) * stride;
  for (size_t x = 0; x < bytes; x += kLanes)
    k.weigh(from + x, stride, &down.fixed[weights.offset[i]], weights.taps(i), out + x,
            static_cast<int>(std::min<size_t>(kLanes, bytes - x)));
}

}  // namespace resize_detail

namespace {

/// Rows [first_row, end_row), resampled along x. The image's first column is `left`.
void resample_horizontal(const Image& in, int left, const Pass& across, int first_row, int end_row, int threads,
                         GroupBuffers& buffers, Image& out) {
  out.reshape(across.weights.outputs(), end_row - first_row, in.channels);
  const auto group = [&](size_t g, GroupBuffers& own) {
    const int y = static_cast<int>(g) * kLanes;
    resample_rows(in.row(first_row + y) + (across.first - left) * in.channels, in.stride(),
                  std::min(kLanes, out.height - y), in.channels, across, own, out.row(y), out.stride());
  };
  const auto groups = static_cast<size_t>((out.height + kLanes - 1) / kLanes);
  if (threads == 1) {
    for (size_t g = 0; g < groups; ++g) group(g, buffers);
  } else {
    parallel_for(groups, threads, [&](size_t g) {
      GroupBuffers own;
      group(g, own);
    });
  }
}

/// Columns [first_column, end_column), resampled along y. The image's first row is `top`.
void resample_vertical(const Image& in, int top, const Pass& down, int first_column, int end_column, int threads,
                       Image& out) {
  out.reshape(end_column - first_column, down.weights.outputs(), in.channels);
  const uint8_t* from = in.row(down.first - top) + first_column * in.channels;
  const auto row = [&](size_t y) {
    const int i = static_cast<int>(y);
    resample_column(from, in.stride(), out.stride(), down, i, out.row(i));
  };
  const auto rows = static_cast<size_t>(out.height);
  if (threads == 1)
    for (size_t y = 0; y < rows; ++y) row(y);
  else
    parallel_for(rows, threads, row);
}

void resample_nearest(const Image& in, const Axis& horizontal, const Axis& vertical, ResizeScratch::Parts& parts,
                      Image& out) {
  nearest_indices(horizontal, parts.columns);
  nearest_indices(vertical, parts.rows);
  out.reshape(static_cast<int>(parts.columns.size()), static_cast<int>(parts.rows.size()), in.channels);
  uint8_t* to = out.pixels.data();
  for (const int y : parts.rows)
    for (const int x : parts.columns)
      to = std::copy_n(in.row(y) + static_cast<size_t>(x) * static_cast<size_t>(in.channels), in.channels, to);
}

void copy_part(const Image& in, const Axis& horizontal, const Axis& vertical, Image& out) {
  out.reshape(horizontal.end - horizontal.begin, vertical.end - vertical.begin, in.channels);
  for (int y = 0; y < out.height; ++y)
    std::copy_n(in.row(vertical.begin + y) + horizontal.begin * in.channels, out.stride(), out.row(y));
}

void resample(const Image& in, const Axis& horizontal, const Axis& vertical, const ResizePlan& plan,
              ResizeScratch::Parts& parts, Image& out) {
  const int threads = plan.threads;
  if (horizontal.is_identity() && vertical.is_identity()) return copy_part(in, horizontal, vertical, out);
  if (!horizontal.is_identity()) parts.across.prepare(horizontal, plan.filter);
  if (!vertical.is_identity()) parts.down.prepare(vertical, plan.filter);
  const Pass &across = parts.across, &down = parts.down;
  if (vertical.is_identity())
    return resample_horizontal(in, 0, across, vertical.begin, vertical.end, threads, parts.buffers, out);
  if (horizontal.is_identity()) return resample_vertical(in, 0, down, horizontal.begin, horizontal.end, threads, out);
  if (vertical_first(horizontal, vertical)) {
    resample_vertical(in, 0, down, across.first, across.end, threads, parts.between);
    resample_horizontal(parts.between, across.first, across, 0, parts.between.height, threads, parts.buffers, out);
  } else {
    resample_horizontal(in, 0, across, down.first, down.end, threads, parts.buffers, parts.between);
    resample_vertical(parts.between, down.first, down, 0, parts.between.width, threads, out);
  }
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

ResizeScratch::ResizeScratch() : parts_(std::make_unique<Parts>()) {}
ResizeScratch::~ResizeScratch() = default;
ResizeScratch::ResizeScratch(ResizeScratch&&) noexcept = default;
ResizeScratch& ResizeScratch::operator=(ResizeScratch&&) noexcept = default;

void resize_into(const Image& image, const ResizePlan& plan, ResizeScratch& scratch, Image& out) {
  const auto [horizontal, vertical] = plan_axes(image.width, image.height, plan);
  if (plan.filter == Resample::nearest) return resample_nearest(image, horizontal, vertical, scratch.parts(), out);
  if (image.channels != 4 || (horizontal.is_identity() && vertical.is_identity()))
    return resample(image, horizontal, vertical, plan, scratch.parts(), out);
  Image resized;
  resample(premultiplied(image), horizontal, vertical, plan, scratch.parts(), resized);
  out = unpremultiplied(std::move(resized));
}

Image resize(const Image& image, const ResizePlan& plan) {
  ResizeScratch scratch;
  Image out;
  resize_into(image, plan, scratch, out);
  return out;
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
