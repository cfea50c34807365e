#pragma once
// What a frozen tower makes of a data set, computed once and kept on disk.

#include "sensorium/base/file.h"

#include <torch/types.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace sensorium {

/// Where and what: the file is `folder`/`name`-KEY.npy, KEY a hash of `identity`, which must name everything the values
/// depend on (weights, preprocessing, data, view). With `rows`, identity names what all rows depend on and each row has
/// a name of its own (a hash of its picture): the file is then `name`-KEY-ROWS.npy with the names beside it in .rows,
/// and rows that another file of the same identity holds (another split, a part of this one) are copied from there.
struct FeatureRequest {
  fs::path folder;
  std::string name, identity;
  int64_t count = 0, width = 0;
  int64_t chunk = 64;  // rows computed at a time
  bool half = false;   // float16 on disk and in memory, instead of float32
  std::vector<std::string> rows = {};
};

/// Features [n, width] of the rows with these numbers, which rise.
using ComputeFeatures = std::function<torch::Tensor(std::span<const int64_t> numbers)>;

/// Rows [count, width], mapped from the file, which is first made by `compute`, chunk after chunk, where it is missing.
/// Memory is a chunk while making it. Throws EnvironmentError on a full disk, InputError for a broken file.
torch::Tensor cached_features(const FeatureRequest& request, const ComputeFeatures& compute);

}  // namespace sensorium
