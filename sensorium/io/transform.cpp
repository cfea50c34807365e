#include "sensorium/io/transform.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>

namespace sensorium {
namespace {

void check(const Image& image, int width, int height, Resample filter) {
  if (image.channels != 1 && image.channels != 3)
    throw UsageError("transform", "expected 1 or 3 channels, got {}", image.channels);
  if (width < 1 || height < 1) throw UsageError("transform", "expected at least 1x1 pixels, got {}x{}", width, height);
  if (filter != Resample::nearest && filter != Resample::bilinear && filter != Resample::bicubic)
    throw UsageError("transform", "expected nearest, bilinear or bicubic, got filter {}", static_cast<int>(filter));
}

int floor_int(double v) {
  return static_cast<int>(std::floor(v));
}

double linear(double a, double b, double at) {
  return a + (b - a) * at;
}

// Keys' cubic with a = -1, factored as in Pillow so that it rounds alike.
double cubic(const double* v, double at) {
  const double p2 = -v[0] + v[2], p3 = 2 * (v[0] - v[1]) + v[2] - v[3], p4 = -v[0] + v[1] - v[2] + v[3];
  return v[1] + at * (p2 + at * (p3 + at * p4));
}

/// The value at (x, y), pixel centres at .5, from kTaps x kTaps pixels around; columns repeat at the border, rows below
/// the picture repeat the row before them.
template <int kTaps>
void sample(const Image& in, double x, double y, uint8_t* out) {
  constexpr int kBefore = kTaps / 2 - 1;
  x -= 0.5;
  y -= 0.5;
  const int left = floor_int(x), top = floor_int(y);
  const double across = x - left, down = y - top;
  for (int c = 0; c < in.channels; ++c) {
    double rows[kTaps];
    for (int r = 0; r < kTaps; ++r) {
      const int row = top - kBefore + r;
      if (r > 0 && (row < 0 || row >= in.height)) {
        rows[r] = rows[r - 1];
        continue;
      }
      const uint8_t* from = in.row(std::clamp(row, 0, in.height - 1)) + c;
      double taps[kTaps];
      for (int t = 0; t < kTaps; ++t) taps[t] = from[std::clamp(left - kBefore + t, 0, in.width - 1) * in.channels];
      rows[r] = kTaps == 2 ? linear(taps[0], taps[1], across) : cubic(taps, across);
    }
    const double v = kTaps == 2 ? linear(rows[0], rows[1], down) : cubic(rows, down);
    out[c] = static_cast<uint8_t>(std::clamp(v, 0.0, 255.0));
  }
}

/// Every output pixel from where `map` says. What comes from outside keeps its fill.
template <class Map>
void sample_all(const Image& in, Resample filter, Map map, Image& out) {
  for (int y = 0; y < out.height; ++y) {
    uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, to += out.channels) {
      const auto [u, v] = map(x + 0.5, y + 0.5);
      if (!(u >= 0.0 && u < in.width && v >= 0.0 && v < in.height)) continue;
      if (filter == Resample::nearest)
        std::copy_n(in.row(static_cast<int>(v)) + static_cast<int>(u) * in.channels, in.channels, to);
      else if (filter == Resample::bilinear)
        sample<2>(in, u, v, to);
      else
        sample<4>(in, u, v, to);
    }
  }
}

/// -1 for what lies before the first pixel: for positions that are summed up, as Pillow does.
int pixel_at(double v) {
  return v < 0.0 ? -1 : v < INT32_MAX ? static_cast<int>(v) : INT32_MAX;
}

/// Nearest, without turning or shearing.
void scale_nearest(const Image& in, const std::array<double, 6>& a, Image& out) {
  std::vector<int> columns(static_cast<size_t>(out.width));
  double u = a[2] + a[0] * 0.5, v = a[5] + a[4] * 0.5;
  for (int& column : columns) {
    column = pixel_at(u);
    u += a[0];
  }
  for (int y = 0; y < out.height; ++y, v += a[4]) {
    const int row = pixel_at(v);
    if (row < 0 || row >= in.height) continue;
    for (int x = 0; x < out.width; ++x)
      if (const int from = columns[static_cast<size_t>(x)]; from >= 0 && from < in.width)
        std::copy_n(in.row(row) + from * in.channels, in.channels, out.row(y) + x * in.channels);
  }
}

/// Whether 16 bits before the point are enough for all positions.
bool fits_fixed_point(const std::array<double, 6>& a, int width, int height) {
  const auto fits = [&](int x, int y) {
    return std::abs(x * a[0] + y * a[1] + a[2]) < 32768.0 && std::abs(x * a[3] + y * a[4] + a[5]) < 32768.0;
  };
  return fits(0, 0) && fits(width, height) && fits(0, height) && fits(width, 0);
}

/// Nearest by positions that are summed up: in fixed point of 16 bits after the point, or in double.
template <class Number, class ToPixel>
void step_nearest(const Image& in, const std::array<Number, 6>& a, ToPixel to_pixel, Image& out) {
  Number row_u = a[2], row_v = a[5];
  for (int y = 0; y < out.height; ++y, row_u += a[1], row_v += a[4]) {
    Number u = row_u, v = row_v;
    uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, to += out.channels, u += a[0], v += a[3]) {
      const int64_t column = to_pixel(u), row = to_pixel(v);
      if (column >= 0 && column < in.width && row >= 0 && row < in.height)
        std::copy_n(in.row(static_cast<int>(row)) + column * in.channels, in.channels, to);
    }
  }
}

void affine_nearest(const Image& in, const std::array<double, 6>& a, Image& out) {
  if (a[1] == 0 && a[3] == 0) return scale_nearest(in, a, out);
  const double u = a[2] + a[0] * 0.5 + a[1] * 0.5, v = a[5] + a[3] * 0.5 + a[4] * 0.5;
  if (fits_fixed_point(a, out.width, out.height)) {
    const auto fixed = [](double value) { return static_cast<int64_t>(std::floor(value * 65536.0 + 0.5)); };
    const std::array<int64_t, 6> steps = {fixed(a[0]), fixed(a[1]), fixed(u), fixed(a[3]), fixed(a[4]), fixed(v)};
    return step_nearest(
        in, steps, [](int64_t position) { return position >> 16; }, out);
  }
  const std::array<double, 6> steps = {a[0], a[1], u, a[3], a[4], v};
  step_nearest(in, steps, pixel_at, out);
}

/// Rounded to 15 decimals, as Python's round does.
double round15(double v) {
  return std::stod(fmt::format("{:.15f}", v));
}

}  // namespace

Image filled_image(int width, int height, int channels, const Fill& fill) {
  Image out(width, height, channels);
  for (size_t i = 0; i < out.pixels.size(); i += static_cast<size_t>(channels))
    std::copy_n(fill.begin(), channels, &out.pixels[i]);
  return out;
}

Image transpose(const Image& in, Transpose how) {
  const bool turned = how == Transpose::rotate_90 || how == Transpose::rotate_270 || how == Transpose::transpose ||
                      how == Transpose::transverse;
  const bool from_right = how == Transpose::flip_left_right || how == Transpose::rotate_180 ||
                          how == Transpose::rotate_90 || how == Transpose::transverse;
  const bool from_bottom = how == Transpose::flip_top_bottom || how == Transpose::rotate_180 ||
                           how == Transpose::rotate_270 || how == Transpose::transverse;
  Image out(turned ? in.height : in.width, turned ? in.width : in.height, in.channels);
  uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      int u = turned ? y : x, v = turned ? x : y;
      if (from_right) u = in.width - 1 - u;
      if (from_bottom) v = in.height - 1 - v;
      to = std::copy_n(in.row(v) + static_cast<size_t>(u) * static_cast<size_t>(in.channels), in.channels, to);
    }
  return out;
}

Image affine(const Image& image, int width, int height, const std::array<double, 6>& a, Resample filter,
             const Fill& fill) {
  check(image, width, height, filter);
  Image out = filled_image(width, height, image.channels, fill);
  if (filter == Resample::nearest) {
    affine_nearest(image, a, out);
    return out;
  }
  sample_all(
      image, filter,
      [&a](double x, double y) {
        return std::pair{a[0] * x + a[1] * y + a[2], a[3] * x + a[4] * y + a[5]};
      },
      out);
  return out;
}

Image perspective(const Image& image, int width, int height, const std::array<double, 8>& a, Resample filter,
                  const Fill& fill) {
  check(image, width, height, filter);
  Image out = filled_image(width, height, image.channels, fill);
  sample_all(
      image, filter,
      [&a](double x, double y) {
        return std::pair{(a[0] * x + a[1] * y + a[2]) / (a[6] * x + a[7] * y + 1),
                         (a[3] * x + a[4] * y + a[5]) / (a[6] * x + a[7] * y + 1)};
      },
      out);
  return out;
}

Image rotate(const Image& image, const Rotation& r) {
  double degrees = std::fmod(r.degrees, 360.0);
  if (degrees < 0) degrees += 360.0;
  if (!r.centre && !r.translate) {
    if (degrees == 0) return image;
    if (degrees == 180) return transpose(image, Transpose::rotate_180);
    if ((degrees == 90 || degrees == 270) && (r.expand || image.width == image.height))
      return transpose(image, degrees == 90 ? Transpose::rotate_90 : Transpose::rotate_270);
  }
  double width = image.width, height = image.height;
  const auto centre = r.centre.value_or(std::array{width / 2, height / 2});
  const auto shift = r.translate.value_or(std::array{0.0, 0.0});
  constexpr double kRadians = 3.141592653589793 / 180.0;
  const double angle = -(degrees * kRadians);
  std::array<double, 6> m = {round15(std::cos(angle)),  round15(std::sin(angle)), 0,
                             round15(-std::sin(angle)), round15(std::cos(angle)), 0};
  const auto apply = [&m](double x, double y) {
    return std::pair{m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]};
  };
  std::tie(m[2], m[5]) = apply(-centre[0] - shift[0], -centre[1] - shift[1]);
  m[2] += centre[0];
  m[5] += centre[1];
  if (r.expand) {
    const std::pair<double, double> corners[] = {apply(0, 0), apply(width, 0), apply(width, height), apply(0, height)};
    double left = corners[0].first, right = left, top = corners[0].second, bottom = top;
    for (const auto& [x, y] : corners) {
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
    const double new_width = std::ceil(right) - std::floor(left), new_height = std::ceil(bottom) - std::floor(top);
    std::tie(m[2], m[5]) = apply(-(new_width - width) / 2.0, -(new_height - height) / 2.0);
    width = new_width;
    height = new_height;
  }
  return affine(image, static_cast<int>(width), static_cast<int>(height), m, r.filter, r.fill);
}

}  // namespace sensorium
