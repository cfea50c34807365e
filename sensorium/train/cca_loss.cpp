#include "sensorium/base/error.h"
#include "sensorium/train/losses.h"

#include <torch/torch.h>

#include <algorithm>

namespace sensorium {

using torch::Tensor;

namespace {

/// L^-1 of the covariance L L^T of centred rows, as a function of a right-hand side.
Tensor whitened(const Tensor& centred, const Tensor& right, double ridge) {
  const int64_t width = centred.size(1);
  const Tensor covariance =
      torch::mm(centred.t(), centred) / (centred.size(0) - 1) + ridge * torch::eye(width, centred.options());
  const auto [factor, failed] = torch::linalg_cholesky_ex(covariance);
  if (failed.item<int>() != 0)
    throw InputError("cca loss", "expected covariances of full rank, got a singular one of {} rows and {} columns",
                     centred.size(0), width);
  return torch::linalg_solve_triangular(factor, right, false);
}

}  // namespace

Tensor cca_loss(const Tensor& images, const Tensor& texts, double ridge) {
  if (images.size(0) < 2 || images.size(0) != texts.size(0))
    throw InputError("cca loss", "expected as many rows of both views, at least 2, got {} and {}", images.size(0),
                     texts.size(0));
  const Tensor a = images.to(torch::kDouble), b = texts.to(torch::kDouble);
  const Tensor x = a - a.mean(0, true), y = b - b.mean(0, true);
  const Tensor cross = torch::mm(x.t(), y) / (x.size(0) - 1);                // (D1, D2)
  const Tensor left = whitened(x, cross, ridge);                             // L1^-1 S12
  const Tensor correlation = whitened(y, left.t().contiguous(), ridge).t();  // L1^-1 S12 L2^-T
  const auto most = static_cast<double>(std::min(x.size(1), y.size(1)));
  return (most - torch::linalg_svdvals(correlation).sum()).to(images.scalar_type());
}

}  // namespace sensorium
