#include "sensorium/io/image_processor.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

using Config = ImageProcessorConfig;
constexpr int kMaxSide = 16384;

float table_entry(const Config& config, int channel, int value) {
  float x = static_cast<float>(value);
  if (config.rescale)
    x = config.convention == Config::Convention::torchvision ? x / 255.0f
                                                             : static_cast<float>(value * config.rescale_factor);
  if (!config.normalize) return x;
  return (x - static_cast<float>(config.mean[channel])) / static_cast<float>(config.std[channel]);
}

/// The size that keeps the shape of width x height, with the shorter side as given.
std::pair<int64_t, int64_t> with_shorter_side(int width, int height, int shorter) {
  const int64_t other =
      static_cast<int64_t>(static_cast<double>(int64_t{shorter} * std::max(width, height)) / std::min(width, height));
  return width <= height ? std::pair<int64_t, int64_t>{shorter, other} : std::pair<int64_t, int64_t>{other, shorter};
}

std::pair<int64_t, int64_t> resized_size(const Config& config, int width, int height) {
  switch (config.resize) {
    case Config::ResizeMode::none:
      return {width, height};
    case Config::ResizeMode::exact:
      return {config.resize_width, config.resize_height};
    case Config::ResizeMode::shortest_edge:
      break;
  }
  const bool enlarged = config.crop_pct > 0;
  return with_shorter_side(width, height,
                           enlarged ? static_cast<int>(config.resize_height / config.crop_pct) : config.resize_height);
}

}  // namespace

ImageProcessor::ImageProcessor(const Config& config, std::string_view source) : config_(config) {
  const auto fail = [&](auto... words) {
    throw InputError("image processor", "{}: expected {}, got {}", source, words...);
  };
  const auto check_side = [&](const char* name, int side) {
    if (side < 1 || side > kMaxSide) fail(fmt::format("{} from 1 to {}", name, kMaxSide), side);
  };
  if (config.resize != Config::ResizeMode::none) {
    check_side("a height to resize to", config.resize_height);
    check_side("a width to resize to", config.resize_width);
  }
  if (config.crop) {
    check_side("a crop height", config.crop_height);
    check_side("a crop width", config.crop_width);
  } else if (config.resize != Config::ResizeMode::exact) {
    fail("a fixed output size (a height and width to resize to, or a centre crop)",
         config.resize == Config::ResizeMode::none ? "neither" : "only a shortest edge");
  }
  if (config.normalize)
    for (const double s : config.std)
      if (!(s > 0)) fail("an image_std above 0", s);
  height_ = config.crop ? config.crop_height : config.resize_height;
  width_ = config.crop ? config.crop_width : config.resize_width;
  for (int c = 0; c < 3; ++c)
    for (int v = 0; v < 256; ++v) table_[c][v] = table_entry(config, c, v);
}

Window ImageProcessor::crop_window(int width, int height) const {
  const auto offset = [this](int size, int crop) {
    if (config_.convention == Config::Convention::transformers) return (size - crop) >> 1;  // rounded down
    return size < crop ? -((crop - size) / 2) : static_cast<int>(std::nearbyint((size - crop) / 2.0));
  };
  return {offset(width, width_), offset(height, height_), width_, height_};
}

ImageGeometry ImageProcessor::geometry(int picture_width, int picture_height) const {
  if (picture_width < 1 || picture_height < 1)
    throw InputError("image processor", "expected at least 1x1 pixels, got {}x{}", picture_width, picture_height);
  const auto [resized_width, resized_height] = resized_size(config_, picture_width, picture_height);
  if (resized_width > INT32_MAX / 2 || resized_height > INT32_MAX / 2)
    throw InputError("image processor", "expected a picture that resizes to less than 2^30 a side, got {}x{}",
                     picture_width, picture_height);
  const int width = static_cast<int>(resized_width), height = static_cast<int>(resized_height);
  const Window crop = crop_window(width, height);
  const int left = std::max(crop.left, 0), top = std::max(crop.top, 0);
  return {width,
          height,
          {left, top, std::min(crop.left + crop.width, width) - left, std::min(crop.top + crop.height, height) - top},
          left - crop.left,
          top - crop.top};
}

void ImageProcessor::fill_padding(const ImageGeometry& g, float* out) const {
  if (g.kept.width >= width_ && g.kept.height >= height_) return;
  const size_t plane = static_cast<size_t>(height_) * static_cast<size_t>(width_);
  for (size_t c = 0; c < 3; ++c) std::fill_n(out + c * plane, plane, table_[c][0]);
}

void ImageProcessor::normalize_row(const uint8_t* row, int channels, const ImageGeometry& g, int y, float* out) const {
  const size_t plane = static_cast<size_t>(height_) * static_cast<size_t>(width_);
  const size_t start = static_cast<size_t>(y + g.out_top) * static_cast<size_t>(width_);
  const size_t step = static_cast<size_t>(channels);
  for (size_t c = 0; c < 3; ++c) {
    const float* table = table_[c].data();
    const uint8_t* from = row + (channels == 1 ? 0 : c);
    float* to = out + c * plane + start + static_cast<size_t>(g.out_left);
    for (int x = 0; x < g.kept.width; ++x, from += step) to[x] = table[*from];
  }
}

void ImageProcessor::process(const Image& image, float* out) const {
  ResizeScratch scratch;
  Image resized;
  process(image, out, scratch, resized);
}

void ImageProcessor::process(const Image& given, float* out, ResizeScratch& scratch, Image& resized) const {
  const bool on_white = given.channels == 4 && config_.convention == Config::Convention::transformers;
  const Image flat = on_white ? composite_on(given, 255) : Image();
  const Image& image = on_white ? flat : given;
  const ImageGeometry g = geometry(image.width, image.height);
  resize_into(image, ResizePlan{g.width, g.height, config_.resample, std::nullopt, g.kept}, scratch, resized);
  fill_padding(g, out);
  for (int y = 0; y < g.kept.height; ++y) normalize_row(resized.row(y), resized.channels, g, y, out);
}

void ImageProcessor::normalize(const Image& image, float* out) const {
  if (image.width != width_ || image.height != height_ || image.channels != 3)
    throw UsageError("image processor", "expected {}x{} pixels of 3 channels, got {}x{} of {}", width_, height_,
                     image.width, image.height, image.channels);
  for (size_t c = 0; c < 3; ++c)
    for (size_t i = c; i < image.pixels.size(); i += 3) *out++ = table_[c][image.pixels[i]];
}

}  // namespace sensorium
