#include "sensorium/io/resize_weights.h"

#include "sensorium/base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sensorium::resize_detail {
namespace {

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double box(double x) {
  return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

double bilinear(double x) {
  x = std::abs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double hamming(double x) {
  x = std::abs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));  // Pillow's constants are of single precision
}

// Keys, "Cubic convolution interpolation for digital image processing" (1981), a = -0.5.
double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double lanczos(double x) {
  return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

struct Filter {
  double (*value)(double);
  double support;
};

Filter filter_of(Resample filter) {
  switch (filter) {
    case Resample::box:
      return {box, 0.5};
    case Resample::bilinear:
      return {bilinear, 1.0};
    case Resample::hamming:
      return {hamming, 1.0};
    case Resample::bicubic:
      return {bicubic, 2.0};
    case Resample::lanczos:
      return {lanczos, 3.0};
    case Resample::nearest:
      break;
  }
  SENSORIUM_ASSERT(!"nearest has no weights");
}

}  // namespace

void compute_weights(const Axis& axis, Resample filter, Weights& weights) {
  const Filter f = filter_of(filter);
  const double scale = static_cast<double>(axis.high - axis.low) / axis.out_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = f.support * filter_scale, inverse_scale = 1.0 / filter_scale;
  weights.first.clear();
  weights.values.clear();
  weights.offset.assign(1, 0);
  for (int i = axis.begin; i < axis.end; ++i) {
    const double centre = axis.low + (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int last = std::min(static_cast<int>(centre + support + 0.5), axis.in_size);
    double sum = 0.0;
    for (int x = first; x < last; ++x) {
      const double w = f.value((x - centre + 0.5) * inverse_scale);
      weights.values.push_back(w);
      sum += w;
    }
    if (sum != 0.0)
      for (size_t k = weights.offset.back(); k < weights.values.size(); ++k) weights.values[k] /= sum;
    weights.first.push_back(first);
    weights.offset.push_back(weights.values.size());
  }
}

bool vertical_first(const Axis& horizontal, const Axis& vertical) {
  const int64_t lost_columns = int64_t{horizontal.in_size} - horizontal.out_size;
  return int64_t{vertical.in_size} - vertical.out_size > 2 * std::max<int64_t>(lost_columns, 0);
}

// The position is summed up from the first output, as Pillow does: its rounding errors are part of the result.
void nearest_indices(const Axis& axis, std::vector<int>& indices) {
  const double step = static_cast<double>(axis.high - axis.low) / axis.out_size;
  double at = axis.low + step * 0.5;
  indices.clear();
  for (int i = 0; i < axis.end; ++i, at += step)
    if (i >= axis.begin) indices.push_back(std::clamp(static_cast<int>(at), 0, axis.in_size - 1));
}

std::pair<Axis, Axis> plan_axes(int width, int height, const ResizePlan& plan) {
  if (plan.width < 1 || plan.height < 1)
    throw UsageError("resize", "expected an output of at least 1x1, got {}x{}", plan.width, plan.height);
  const SourceBox box = plan.box.value_or(SourceBox{0, 0, static_cast<float>(width), static_cast<float>(height)});
  if (!(box.left >= 0 && box.top >= 0 && box.right <= static_cast<float>(width) &&
        box.bottom <= static_cast<float>(height) && box.left < box.right && box.top < box.bottom))
    throw UsageError("resize", "expected a box within {}x{}, got [{}, {}, {}, {}]", width, height, box.left, box.top,
                     box.right, box.bottom);
  const Window w = plan.window.value_or(Window{0, 0, plan.width, plan.height});
  if (w.left < 0 || w.top < 0 || w.width < 1 || w.height < 1 || w.left > plan.width - w.width ||
      w.top > plan.height - w.height)
    throw UsageError("resize", "expected a window within {}x{}, got {}x{} at ({}, {})", plan.width, plan.height,
                     w.width, w.height, w.left, w.top);
  return {Axis{width, box.left, box.right, plan.width, w.left, w.left + w.width},
          Axis{height, box.top, box.bottom, plan.height, w.top, w.top + w.height}};
}

}  // namespace sensorium::resize_detail
