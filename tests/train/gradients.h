#pragma once
// Central differences for any scalar function of float64 tensors.

#include <torch/types.h>

#include <functional>
#include <vector>

namespace sensorium::test {

using Loss = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

/// Largest absolute difference between the autograd gradients of `loss` and central differences, over all elements of
/// all values (float64).
double gradient_error(const Loss& loss, std::vector<torch::Tensor> values);

}  // namespace sensorium::test
