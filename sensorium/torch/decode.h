#pragma once
// The words of "sensorium/tensor/decode_layers.h" over torch::Tensor. Include this before a decoder's "..._impl.h".

#include "sensorium/tensor/decode_layers.h"

#include <torch/types.h>

namespace sensorium {

CrossKeys<torch::Tensor> project_cross(const torch::Tensor& x, const SelfAttention<torch::Tensor>& layer);
torch::Tensor attend_cross(const torch::Tensor& query, const CrossKeys<torch::Tensor>& cross,
                           const SelfAttention<torch::Tensor>& layer, const std::vector<int64_t>& key_mask);
torch::Tensor attend_cached(const torch::Tensor& x, const SelfAttention<torch::Tensor>& layer,
                            KeyValueCache<torch::Tensor>& cache);
void select_rows(KeyValueCache<torch::Tensor>& cache, const std::vector<int64_t>& rows);
CrossKeys<torch::Tensor> select_sources(const CrossKeys<torch::Tensor>& cross, const std::vector<int64_t>& sources);
/// Draws from torch's own generator: seed it by the batch and a resumed run draws the same. Models call it without
/// `sensorium::`, which finds it before at::dropout, as that takes three arguments.
torch::Tensor dropout(const torch::Tensor& x, double probability);

}  // namespace sensorium
