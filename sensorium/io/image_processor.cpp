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

/// The first three channels of `count` pixels, `Channels` bytes each, to planes of their own.
template <int Channels>
void take_apart(const uint8_t* from, size_t count, uint8_t* to, size_t plane) {
  uint8_t *red = to, *green = to + plane, *blue = to + 2 * plane;
  for (size_t i = 0; i < count; ++i, from += Channels) {
    red[i] = from[0];
    green[i] = from[1];
    blue[i] = from[2];
  }
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
  PixelTable table;
  for (int c = 0; c < 3; ++c)
    for (int v = 0; v < 256; ++v)
      table.values[static_cast<size_t>(c)][static_cast<size_t>(v)] = table_entry(config, c, v);
  table_ = std::make_shared<const PixelTable>(table);
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

Pixels ImageProcessor::pixels(size_t count, std::vector<uint8_t> memory) const {
  memory.resize(count * output_size());
  return {std::move(memory), static_cast<int64_t>(count), height_, width_, table_};
}

void ImageProcessor::fill_padding(const ImageGeometry& g, uint8_t* out) const {
  if (g.kept.width < width_ || g.kept.height < height_) std::fill_n(out, output_size(), uint8_t{0});
}

void ImageProcessor::place_row(const uint8_t* row, int channels, const ImageGeometry& g, int y, uint8_t* out) const {
  const size_t plane = output_size() / 3, count = static_cast<size_t>(g.kept.width);
  uint8_t* to =
      out + static_cast<size_t>(y + g.out_top) * static_cast<size_t>(width_) + static_cast<size_t>(g.out_left);
  if (channels == 1) {
    for (size_t c = 0; c < 3; ++c) std::copy_n(row, count, to + c * plane);
  } else if (channels == 3) {  // a step that the compiler knows is taken many pixels at a time
    take_apart<3>(row, count, to, plane);
  } else {
    take_apart<4>(row, count, to, plane);
  }
}

void ImageProcessor::process(const Image& image, uint8_t* out) const {
  ResizeScratch scratch;
  Image resized;
  process(image, out, scratch, resized);
}

Pixels ImageProcessor::process(const Image& image) const {
  Pixels one = pixels(1);
  process(image, one.picture(0));
  return one;
}

void ImageProcessor::process(const Image& given, uint8_t* out, ResizeScratch& scratch, Image& resized) const {
  const bool on_white = given.channels == 4 && config_.convention == Config::Convention::transformers;
  const Image flat = on_white ? composite_on(given, 255) : Image();
  const Image& image = on_white ? flat : given;
  const ImageGeometry g = geometry(image.width, image.height);
  resize_into(image, ResizePlan{g.width, g.height, config_.resample, std::nullopt, g.kept}, scratch, resized);
  fill_padding(g, out);
  for (int y = 0; y < g.kept.height; ++y) place_row(resized.row(y), resized.channels, g, y, out);
}

void ImageProcessor::place(const Image& image, uint8_t* out) const {
  if (image.width != width_ || image.height != height_ || image.channels != 3)
    throw UsageError("image processor", "expected {}x{} pixels of 3 channels, got {}x{} of {}", width_, height_,
                     image.width, image.height, image.channels);
  take_apart<3>(image.pixels.data(), output_size() / 3, out, output_size() / 3);
}

}  // namespace sensorium
