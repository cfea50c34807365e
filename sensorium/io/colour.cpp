#include "sensorium/io/colour.h"

#include "sensorium/base/error.h"
#include "sensorium/io/blur.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

void check_channels(const Image& image, int expected) {
  if (image.channels != expected)
    throw UsageError("colour", "expected an image of {} channels, got {}", expected, image.channels);
}

uint32_t luma(const uint8_t* rgb) {
  return (rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16;
}

uint8_t clip8(int v) {
  return static_cast<uint8_t>(std::clamp(v, 0, 255));
}

/// A picture of `channels` channels, made pixel by pixel.
template <class Pixel>
Image convert(const Image& in, int from, int to, Pixel pixel) {
  check_channels(in, from);
  Image out(in.width, in.height, to);
  const uint8_t* p = in.pixels.data();
  for (size_t i = 0; i < out.pixels.size(); i += static_cast<size_t>(to), p += from) pixel(p, &out.pixels[i]);
  return out;
}

/// k * 64 * v, rounded as Pillow's tables are: half is added, then cut off.
int scaled(double k, int v) {
  return static_cast<int>(k * v * 64 + 0.5);
}

/// A table of scaled(k, v - offset).
std::array<int, 256> scale_table(double k, int offset) {
  std::array<int, 256> table;
  for (int v = 0; v < 256; ++v) table[static_cast<size_t>(v)] = scaled(k, v - offset);
  return table;
}

void hsv_of(const uint8_t* rgb, uint8_t* out) {
  const int r = rgb[0], g = rgb[1], b = rgb[2];
  const int most = std::max({r, g, b}), least = std::min({r, g, b});
  out[0] = out[1] = 0;
  out[2] = static_cast<uint8_t>(most);
  if (most == least) return;
  const float range = static_cast<float>(most - least);
  const float rc = static_cast<float>(most - r) / range, gc = static_cast<float>(most - g) / range;
  const float bc = static_cast<float>(most - b) / range;
  float h;
  if (r == most)
    h = bc - gc;
  else if (g == most)
    h = static_cast<float>(2.0 + static_cast<double>(rc) - static_cast<double>(bc));
  else
    h = static_cast<float>(4.0 + static_cast<double>(gc) - static_cast<double>(rc));
  h = static_cast<float>(std::fmod(static_cast<double>(h) / 6.0 + 1.0, 1.0));
  out[0] = clip8(static_cast<int>(static_cast<double>(h) * 255.0));
  out[1] = clip8(static_cast<int>(static_cast<double>(range / static_cast<float>(most)) * 255.0));
}

void rgb_of(const uint8_t* hsv, uint8_t* out) {
  const uint8_t v = hsv[2];
  if (hsv[1] == 0) {
    out[0] = out[1] = out[2] = v;
    return;
  }
  const double sector = static_cast<double>(hsv[0]) * 6.0 / 255.0;
  const int i = static_cast<int>(std::floor(sector));
  const double f = static_cast<double>(static_cast<float>(sector - i));
  const double s = static_cast<double>(static_cast<float>(hsv[1] / 255.0));
  const auto round8 = [](double x) { return clip8(static_cast<int>(std::round(x))); };
  const uint8_t p = round8(v * (1.0 - s)), q = round8(v * (1.0 - s * f)), t = round8(v * (1.0 - s * (1.0 - f)));
  const uint8_t sectors[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
  std::copy_n(sectors[i % 6], 3, out);
}

}  // namespace

Image to_grey(const Image& rgb) {
  return convert(rgb, 3, 1, [](const uint8_t* p, uint8_t* out) { *out = static_cast<uint8_t>(luma(p)); });
}

Image to_grayscale(const Image& rgb) {
  return convert(rgb, 3, 3,
                 [](const uint8_t* p, uint8_t* out) { out[0] = out[1] = out[2] = static_cast<uint8_t>(luma(p)); });
}

Image rgb_to_hsv(const Image& rgb) {
  return convert(rgb, 3, 3, hsv_of);
}

Image hsv_to_rgb(const Image& hsv) {
  return convert(hsv, 3, 3, rgb_of);
}

Image rgb_to_ycbcr(const Image& rgb) {
  static const auto yr = scale_table(0.299, 0), yg = scale_table(0.587, 0), yb = scale_table(0.114, 0);
  static const auto br = scale_table(-0.16874, 0), bg = scale_table(-0.33126, 0), half = scale_table(0.5, 0);
  static const auto rg = scale_table(-0.41869, 0), rb = scale_table(-0.08131, 0);
  return convert(rgb, 3, 3, [](const uint8_t* p, uint8_t* out) {
    out[0] = static_cast<uint8_t>((yr[p[0]] + yg[p[1]] + yb[p[2]]) >> 6);
    out[1] = static_cast<uint8_t>(((br[p[0]] + bg[p[1]] + half[p[2]]) >> 6) + 128);
    out[2] = static_cast<uint8_t>(((half[p[0]] + rg[p[1]] + rb[p[2]]) >> 6) + 128);
  });
}

Image ycbcr_to_rgb(const Image& ycbcr) {
  static const auto r_cr = scale_table(1.402, 128), b_cb = scale_table(1.772, 128);
  static const auto g_cb = scale_table(-0.34414, 128), g_cr = scale_table(-0.71414, 128);
  return convert(ycbcr, 3, 3, [](const uint8_t* p, uint8_t* out) {
    out[0] = clip8(p[0] + (r_cr[p[2]] >> 6));
    out[1] = clip8(p[0] + ((g_cb[p[1]] + g_cr[p[2]]) >> 6));
    out[2] = clip8(p[0] + (b_cb[p[1]] >> 6));
  });
}

Image rgb_to_cmyk(const Image& rgb) {
  return convert(rgb, 3, 4, [](const uint8_t* p, uint8_t* out) {
    for (int c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>(255 - p[c]);
    out[3] = 0;
  });
}

Image cmyk_to_rgb(const Image& cmyk) {
  return convert(cmyk, 4, 3, [](const uint8_t* p, uint8_t* out) {
    const uint32_t light = 255u - p[3];
    for (int c = 0; c < 3; ++c) {
      const uint32_t t = p[c] * light + 128;
      out[c] = static_cast<uint8_t>(light - (((t >> 8) + t) >> 8));
    }
  });
}

Image adjust_hue(const Image& rgb, double turns) {
  Image hsv = rgb_to_hsv(rgb);
  const auto by = static_cast<uint8_t>(static_cast<int>(turns * 255));
  for (size_t i = 0; i < hsv.pixels.size(); i += 3) hsv.pixels[i] = static_cast<uint8_t>(hsv.pixels[i] + by);
  return hsv_to_rgb(hsv);
}

Image blend(const Image& from, const Image& to, double alpha) {
  if (from.width != to.width || from.height != to.height || from.channels != to.channels)
    throw UsageError("blend", "expected two pictures of one size, got {}x{} of {} and {}x{} of {} channels", from.width,
                     from.height, from.channels, to.width, to.height, to.channels);
  const float a = static_cast<float>(alpha);
  Image out = from;
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    const float mixed = static_cast<float>(from.pixels[i]) + a * static_cast<float>(to.pixels[i] - from.pixels[i]);
    out.pixels[i] = static_cast<uint8_t>(std::clamp(mixed, 0.0f, 255.0f));
  }
  return out;
}

Image adjust_brightness(const Image& rgb, double factor) {
  check_channels(rgb, 3);
  return blend(Image(rgb.width, rgb.height, 3), rgb, factor);
}

Image adjust_contrast(const Image& rgb, double factor) {
  check_channels(rgb, 3);
  uint64_t sum = 0;
  for (size_t i = 0; i < rgb.pixels.size(); i += 3) sum += luma(&rgb.pixels[i]);
  const double pixels = std::max<double>(1, static_cast<double>(rgb.pixels.size() / 3));
  Image grey(rgb.width, rgb.height, 3);
  std::fill(grey.pixels.begin(), grey.pixels.end(), static_cast<uint8_t>(static_cast<double>(sum) / pixels + 0.5));
  return blend(grey, rgb, factor);
}

Image adjust_saturation(const Image& rgb, double factor) {
  return blend(to_grayscale(rgb), rgb, factor);
}

Image adjust_sharpness(const Image& rgb, double factor) {
  return blend(smooth(rgb), rgb, factor);
}

Image map_tones(const Image& image, const std::function<ToneTable(int)>& table) {
  Image out = image;
  const size_t channels = static_cast<size_t>(image.channels);
  for (size_t c = 0; c < channels; ++c) {
    const ToneTable tones = table(static_cast<int>(c));
    for (size_t i = c; i < out.pixels.size(); i += channels) out.pixels[i] = tones[out.pixels[i]];
  }
  return out;
}

namespace {

/// One table for all channels.
template <class Value>
Image map_all(const Image& image, Value value) {
  ToneTable tones;
  for (int v = 0; v < 256; ++v) tones[static_cast<size_t>(v)] = static_cast<uint8_t>(value(v));
  return map_tones(image, [&](int) { return tones; });
}

std::array<uint64_t, 256> histogram(const Image& image, int channel) {
  std::array<uint64_t, 256> counts{};
  for (size_t i = static_cast<size_t>(channel); i < image.pixels.size(); i += static_cast<size_t>(image.channels))
    ++counts[image.pixels[i]];
  return counts;
}

ToneTable unchanged() {
  ToneTable tones;
  for (size_t v = 0; v < 256; ++v) tones[v] = static_cast<uint8_t>(v);
  return tones;
}

/// Takes `cut` pixels out of a histogram, starting with value `from` and going by `step`.
void cut_off(std::array<uint64_t, 256>& counts, uint64_t cut, int from, int step) {
  for (int v = from; v >= 0 && v < 256 && cut > 0; v += step) {
    const uint64_t taken = std::min(cut, counts[static_cast<size_t>(v)]);
    counts[static_cast<size_t>(v)] -= taken;
    cut -= taken;
  }
}

ToneTable stretched(std::array<uint64_t, 256> counts, double low, double high) {
  double pixels = 0;
  for (const uint64_t n : counts) pixels += static_cast<double>(n);
  const auto part = [pixels](double percent) { return static_cast<uint64_t>(std::floor(pixels * percent / 100)); };
  cut_off(counts, part(low), 0, 1);
  cut_off(counts, part(high), 255, -1);
  int first = 0, last = 255;
  while (first < 255 && counts[static_cast<size_t>(first)] == 0) ++first;
  while (last > 0 && counts[static_cast<size_t>(last)] == 0) --last;
  if (last <= first) return unchanged();
  const double scale = 255.0 / (last - first), offset = -first * scale;
  ToneTable tones;
  for (int v = 0; v < 256; ++v) tones[static_cast<size_t>(v)] = clip8(static_cast<int>(v * scale + offset));
  return tones;
}

ToneTable flattened(const std::array<uint64_t, 256>& counts) {
  uint64_t total = 0, last = 0, used = 0;
  for (const uint64_t n : counts) {
    total += n;
    used += n > 0;
    if (n > 0) last = n;
  }
  const uint64_t step = (total - last) / 255;
  if (used <= 1 || step == 0) return unchanged();
  ToneTable tones;
  uint64_t sum = step / 2;
  for (size_t v = 0; v < 256; ++v) {
    tones[v] = static_cast<uint8_t>(std::min<uint64_t>(sum / step, 255));
    sum += counts[v];
  }
  return tones;
}

}  // namespace

Image invert(const Image& image) {
  return map_all(image, [](int v) { return 255 - v; });
}

Image posterize(const Image& image, int bits) {
  if (bits < 1 || bits > 8) throw UsageError("posterize", "expected 1 to 8 bits, got {}", bits);
  return map_all(image, [mask = 256 - (1 << (8 - bits))](int v) { return v & mask; });
}

Image solarize(const Image& image, int threshold) {
  return map_all(image, [threshold](int v) { return v < threshold ? v : 255 - v; });
}

Image autocontrast(const Image& image, double low, double high) {
  return map_tones(image, [&](int c) { return stretched(histogram(image, c), low, high); });
}

Image equalize(const Image& image) {
  return map_tones(image, [&](int c) { return flattened(histogram(image, c)); });
}

}  // namespace sensorium
