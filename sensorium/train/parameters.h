#pragma once
// Named tensors that training changes.

#include <torch/types.h>

#include <string>
#include <vector>

namespace sensorium {

/// A tensor and the name it is saved under. The handle shares the model's storage: an optimiser changes it in place.
struct Parameter {
  std::string name;
  torch::Tensor value;
};

using Parameters = std::vector<Parameter>;

}  // namespace sensorium
