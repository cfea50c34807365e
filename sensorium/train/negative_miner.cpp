#include "sensorium/train/negative_miner.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>

namespace sensorium {

torch::Tensor mine_hard_captions(const torch::Tensor& pictures, const torch::Tensor& captions,
                                 const std::vector<int64_t>& first_caption, int64_t candidates) {
  constexpr int64_t kBlock = 256;
  torch::NoGradGuard no_grad;
  const int64_t n = pictures.size(0);
  torch::Tensor hard = torch::empty({n, candidates}, torch::TensorOptions(torch::kLong));
  for (int64_t first = 0; first < n; first += kBlock) {
    const int64_t rows = std::min(kBlock, n - first);
    torch::Tensor scores = pictures.narrow(0, first, rows).matmul(captions.t());  // [rows, M]
    for (int64_t r = 0; r < rows; ++r) {
      const auto picture = static_cast<size_t>(first + r);
      const int64_t own = first_caption[picture + 1] - first_caption[picture], others = captions.size(0) - own;
      scores[r].narrow(0, first_caption[picture], own).fill_(-std::numeric_limits<float>::infinity());
      const torch::Tensor best = std::get<1>(scores[r].topk(std::min(candidates, others)));
      for (int64_t k = 0; k < candidates; k += best.size(0)) {
        const int64_t some = std::min(best.size(0), candidates - k);
        hard[first + r].narrow(0, k, some).copy_(best.narrow(0, 0, some));
      }
    }
  }
  return hard;
}

}  // namespace sensorium
