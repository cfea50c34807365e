#include "tests/train/gradients.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace sensorium::test {

double gradient_error(const Loss& loss, std::vector<torch::Tensor> values) {
  constexpr double kStep = 1e-6;
  for (torch::Tensor& v : values) v = v.detach().clone().set_requires_grad(true);
  loss(values).backward();
  torch::NoGradGuard no_grad;
  double worst = 0;
  for (const torch::Tensor& v : values) {
    const torch::Tensor flat = v.detach().view({-1}), gradient = v.grad().reshape({-1});
    for (int64_t i = 0; i < flat.numel(); ++i) {
      const double kept = flat[i].item<double>();
      flat[i] = kept + kStep;
      const double up = loss(values).item<double>();
      flat[i] = kept - kStep;
      const double down = loss(values).item<double>();
      flat[i] = kept;
      worst = std::max(worst, std::abs((up - down) / (2 * kStep) - gradient[i].item<double>()));
    }
  }
  return worst;
}

}  // namespace sensorium::test
