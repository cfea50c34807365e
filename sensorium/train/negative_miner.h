#pragma once
// Which captions the model takes for a picture's own although they are another's.

#include <torch/types.h>

#include <vector>

namespace sensorium {

/// For each of N pictures the `candidates` captions of other pictures with the largest dot products, hardest first:
/// int64 [N, candidates]. `pictures` [N,P] and `captions` [M,P] are on the CPU; captions of picture i are
/// first_caption[i] .. first_caption[i + 1] - 1. With fewer others than candidates they repeat. Deterministic; memory
/// is a block of rows.
torch::Tensor mine_hard_captions(const torch::Tensor& pictures, const torch::Tensor& captions,
                                 const std::vector<int64_t>& first_caption, int64_t candidates);

}  // namespace sensorium
