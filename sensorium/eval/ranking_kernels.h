#pragma once
// Inside the room: scores of many vectors and counts of those above a threshold, built for three instruction sets and
// chosen once by the processor.
//
// Note: ties. A score is a chain of fused multiply-adds over the width, in order, wherever the two vectors stand and
// whichever comes first. Equal vectors have equal scores, and a score is the same seen from either side.

#include <cstdint>

namespace sensorium {

/// Columns of a panel: B vectors side by side, (width x kPanel).
constexpr int64_t kPanel = 64;

struct RankingKernels {
  const char* name;
  /// out[r][c] = a[r] . column c of the panel, r < rows; out is (rows x kPanel).
  void (*scores)(int64_t rows, int64_t width, const float* a, const float* panel, float* out);
  /// above[c] += number of rows whose score in column c is greater than thresholds[c]. Returns whether any is equal.
  bool (*count_columns)(int64_t rows, const float* scores, const float* thresholds, int32_t* above);
  /// How many of a row's kPanel scores are greater than the threshold; sets `equal` when any is equal.
  int32_t (*count_row)(const float* row, float threshold, bool& equal);
};

/// The best of the three for this processor.
const RankingKernels& ranking_kernels();

extern const RankingKernels kRankingGeneric, kRankingAvx2, kRankingAvx512;

}  // namespace sensorium
