#pragma once
// Inside the io room: a resize along one axis.

#include "sensorium/io/resize.h"

namespace sensorium::resize_detail {

/// For each output position, the inputs it is a weighted sum of.
struct Weights {
  std::vector<int> first;      // first input of each output
  std::vector<size_t> offset;  // where its weights start in `values`; one more entry than outputs
  std::vector<double> values;  // each output's sum to 1

  int outputs() const { return static_cast<int>(first.size()); }
  int taps(int i) const { return static_cast<int>(offset[i + 1] - offset[i]); }
};

/// One axis of a resize: the part [low, high) of `in_size` inputs to `out_size` outputs, of which [begin, end) are
/// wanted.
struct Axis {
  int in_size;
  float low, high;  // in single precision, also their difference, as Pillow has them
  int out_size, begin, end;
  bool is_identity() const { return in_size == out_size && low == 0 && high == out_size; }
  bool operator==(const Axis&) const = default;
};

/// Weights of any filter but nearest, into `weights`, whose memory is used again.
void compute_weights(const Axis& axis, Resample filter, Weights& weights);

/// Whether the vertical pass comes first. Note [order of passes]: the rounding between the passes makes their order
/// visible in the result. Pillow before 13.0 always went horizontally first; since then it goes vertically first where
/// the height loses more than twice the pixels that the width does (found by experiment on 13.0.0, whole picture sizes
/// count even under a box). Sizes that keep their shape are resized as before, so this shows when a picture is
/// squashed.
bool vertical_first(const Axis& horizontal, const Axis& vertical);

/// Input index of each wanted output for the nearest filter, into `indices`.
void nearest_indices(const Axis& axis, std::vector<int>& indices);

/// The axes of a plan for an input of that size. Throws UsageError where the plan does not fit it.
std::pair<Axis, Axis> plan_axes(int width, int height, const ResizePlan& plan);

/// One direction made ready: weights in fixed point, and the run of inputs that the wanted outputs need. Made ready for
/// the same axis again, it costs nothing.
struct Pass {
  Axis axis{};
  Resample filter = Resample::nearest;
  Weights weights;
  std::vector<int32_t> fixed;
  int first = 0, end = 0;  // of the inputs
  void prepare(const Axis& new_axis, Resample new_filter);
};

/// A group of rows on its side.
struct GroupBuffers {
  std::vector<uint8_t> turned, result;
};

/// At most kLanes rows resampled along x, whatever the number of channels: `in` is the first row at column
/// `across.first`, rows `stride` bytes apart; rows of across' outputs are written to `out`.
void resample_rows(const uint8_t* in, size_t stride, int rows, int channels, const Pass& across, GroupBuffers& buffers,
                   uint8_t* out, size_t out_stride);

/// Output `i` of a pass along y, `bytes` values: `in` is row `down.first`.
void resample_column(const uint8_t* in, size_t stride, size_t bytes, const Pass& down, int i, uint8_t* out);

}  // namespace sensorium::resize_detail
