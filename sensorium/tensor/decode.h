#pragma once
// The words of "sensorium/tensor/decode_layers.h" over rt::Tensor. Thread-safe on different caches; results do not
// depend on the number of threads, nor on how many rows share a source. A disagreement of shapes throws InputError.

#include "sensorium/tensor/decode_layers.h"
#include "sensorium/tensor/tensor.h"

namespace sensorium::rt {

CrossKeys<Tensor> project_cross(const Tensor& x, const SelfAttention<Tensor>& layer);
Tensor attend_cross(const Tensor& query, const CrossKeys<Tensor>& cross, const SelfAttention<Tensor>& layer,
                    const std::vector<int64_t>& key_mask);
Tensor attend_cached(const Tensor& x, const SelfAttention<Tensor>& layer, KeyValueCache<Tensor>& cache);
void select_rows(KeyValueCache<Tensor>& cache, const std::vector<int64_t>& rows);
CrossKeys<Tensor> select_sources(const CrossKeys<Tensor>& cross, const std::vector<int64_t>& sources);
inline Tensor dropout(const Tensor& x, double) {
  return x;
}

}  // namespace sensorium::rt
