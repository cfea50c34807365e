#pragma once
// What a frozen tower makes of a data set, computed once and kept on disk.

#include "sensorium/base/file.h"

#include <torch/types.h>

#include <functional>
#include <string>

namespace sensorium {

/// Where and what: the file is `folder`/`name`-KEY.npy, KEY a hash of `identity`, which must name everything the values
/// depend on (weights, preprocessing, data, view).
struct FeatureRequest {
  fs::path folder;
  std::string name, identity;
  int64_t count = 0, width = 0;
  int64_t chunk = 64;  // rows computed at a time
  bool half = false;   // float16 on disk and in memory, instead of float32
};

/// Rows [count, width], mapped from the file, which is first made by `compute(first, n)` -> [n, width] where it
/// is missing. Memory is a chunk while making it. Throws EnvironmentError on a full disk, InputError for a broken file.
torch::Tensor cached_features(const FeatureRequest& request,
                              const std::function<torch::Tensor(int64_t first, int64_t n)>& compute);

}  // namespace sensorium
