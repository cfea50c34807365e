#include "sensorium/base/error.h"
#include "sensorium/base/threads.h"
#include "sensorium/io/resize_kernels.h"
#include "sensorium/io/resize_weights.h"

#include <algorithm>

namespace sensorium {

using namespace resize_detail;

namespace {

/// kLanes rows from `y` on, resampled along x; turned on their side as in the pass for bytes.
void resample_group(const float* in, size_t width, size_t y, size_t height, const Weights& weights, float* out) {
  const size_t lanes = std::min<size_t>(kLanes, height - y), outputs = static_cast<size_t>(weights.outputs());
  std::vector<float> turned(width * kLanes);
  for (size_t row = 0; row < lanes; ++row)
    for (size_t x = 0; x < width; ++x) turned[x * kLanes + row] = in[(y + row) * width + x];
  float sums[kLanes];
  for (size_t x = 0; x < outputs; ++x) {
    kernels().weigh_float(&turned[static_cast<size_t>(weights.first[x]) * kLanes], kLanes,
                          &weights.values[weights.offset[x]], weights.taps(static_cast<int>(x)), sums, kLanes);
    for (size_t row = 0; row < lanes; ++row) out[(y + row) * outputs + x] = sums[row];
  }
}

void resample_float_row(const float* in, size_t width, const Weights& weights, size_t i, float* out) {
  const float* from = in + static_cast<size_t>(weights.first[i]) * width;
  for (size_t x = 0; x < width; x += kLanes)
    kernels().weigh_float(from + x, width, &weights.values[weights.offset[i]], weights.taps(static_cast<int>(i)),
                          out + x, static_cast<int>(std::min<size_t>(kLanes, width - x)));
}

std::vector<float> resample_nearest(std::span<const float> values, size_t width, const Axis& horizontal,
                                    const Axis& vertical) {
  std::vector<int> columns, rows;
  nearest_indices(horizontal, columns);
  nearest_indices(vertical, rows);
  std::vector<float> out;
  out.reserve(columns.size() * rows.size());
  for (const int y : rows)
    for (const int x : columns) out.push_back(values[static_cast<size_t>(y) * width + static_cast<size_t>(x)]);
  return out;
}

}  // namespace

std::vector<float> resize_float(std::span<const float> values, int width, int height, const ResizePlan& plan) {
  if (plan.window) throw UsageError("resize", "expected no window for float values, got one");
  const auto [horizontal, vertical] = plan_axes(width, height, plan);
  if (plan.filter == Resample::nearest)
    return resample_nearest(values, static_cast<size_t>(width), horizontal, vertical);
  std::vector<float> current(values.begin(), values.end());
  size_t current_width = static_cast<size_t>(width), current_height = static_cast<size_t>(height);
  const auto pass = [&, &across = horizontal, &down = vertical](bool vertically) {
    const Axis& axis = vertically ? down : across;
    if (axis.is_identity()) return;
    Weights weights;
    compute_weights(axis, plan.filter, weights);
    const auto outputs = static_cast<size_t>(weights.outputs());
    std::vector<float> next((vertically ? current_width : current_height) * outputs);
    if (vertically) {
      parallel_for(outputs, plan.threads, [&](size_t i) {
        resample_float_row(current.data(), current_width, weights, i, &next[i * current_width]);
      });
      current_height = outputs;
    } else {
      parallel_for((current_height + kLanes - 1) / kLanes, plan.threads, [&](size_t group) {
        resample_group(current.data(), current_width, group * kLanes, current_height, weights, next.data());
      });
      current_width = outputs;
    }
    current = std::move(next);
  };
  const bool first = vertical_first(horizontal, vertical);
  pass(first);
  pass(!first);
  return current;
}

}  // namespace sensorium
