#include "sensorium/base/error.h"
#include "sensorium/io/resize_weights.h"

namespace sensorium {

using namespace resize_detail;

namespace {

/// Both passes are this: `lines` lines, each of which becomes a line of weighted sums. Element k of line l of the input
/// is in[l * in_line + k * in_step], and likewise for the output.
struct Strides {
  size_t in_line, in_step, out_line, out_step;
};

void resample_lines(const float* in, const Weights& weights, size_t lines, const Strides& s, float* out) {
  for (size_t line = 0; line < lines; ++line)
    for (int i = 0; i < weights.outputs(); ++i) {
      const float* from = in + line * s.in_line + static_cast<size_t>(weights.first[i]) * s.in_step;
      double sum = 0.0;
      for (size_t k = weights.offset[i]; k < weights.offset[i + 1]; ++k, from += s.in_step)
        sum += *from * weights.values[k];
      out[line * s.out_line + static_cast<size_t>(i) * s.out_step] = static_cast<float>(sum);
    }
}

}  // namespace

std::vector<float> resize_float(std::span<const float> values, int width, int height, const ResizePlan& plan) {
  if (plan.window) throw UsageError("resize", "expected no window for float values, got one");
  const auto [horizontal, vertical] = plan_axes(width, height, plan);
  const size_t in_width = static_cast<size_t>(width), out_width = static_cast<size_t>(plan.width);
  const size_t out_height = static_cast<size_t>(plan.height);
  if (plan.filter == Resample::nearest) {
    const std::vector<int> columns = nearest_indices(horizontal), rows = nearest_indices(vertical);
    std::vector<float> out;
    for (const int y : rows)
      for (const int x : columns) out.push_back(values[static_cast<size_t>(y) * in_width + static_cast<size_t>(x)]);
    return out;
  }
  std::vector<float> current(values.begin(), values.end());
  size_t current_width = in_width, current_height = static_cast<size_t>(height);
  const auto pass = [&, &across = horizontal, &down = vertical](bool vertically) {
    if ((vertically ? down : across).is_identity()) return;
    const Weights weights = compute_weights(vertically ? down : across, plan.filter);
    const size_t w = vertically ? current_width : out_width, h = vertically ? out_height : current_height;
    std::vector<float> next(w * h);
    if (vertically)
      resample_lines(current.data(), weights, w, {1, w, 1, w}, next.data());
    else
      resample_lines(current.data(), weights, h, {current_width, 1, w, 1}, next.data());
    current = std::move(next);
    current_width = w;
    current_height = h;
  };
  const bool first = vertical_first(horizontal, vertical);
  pass(first);
  pass(!first);
  return current;
}

}  // namespace sensorium
