#include "sensorium/torch/decode.h"

#include "sensorium/torch/ops.h"

#include <torch/torch.h>

#include <limits>

namespace sensorium {
namespace {

using torch::Tensor;

Tensor heads(const Tensor& x, int num_heads) {  // [B,T,D] -> [B,H,T,D/H]
  return x.view({x.size(0), x.size(1), num_heads, x.size(2) / num_heads}).transpose(1, 2);
}

Tensor ids_like(const std::vector<int64_t>& ids, const Tensor& like) {
  return torch::tensor(ids, torch::kInt64).to(like.device());
}

}  // namespace

CrossKeys<Tensor> project_cross(const Tensor& x, const SelfAttention<Tensor>& layer) {
  return {heads(linear(x, layer.key), layer.num_heads), heads(linear(x, layer.value), layer.num_heads), x.size(0),
          x.size(1)};
}

Tensor attend_cross(const Tensor& query, const CrossKeys<Tensor>& cross, const SelfAttention<Tensor>& layer,
                    const std::vector<int64_t>& key_mask) {
  const int64_t rows = query.size(0) / cross.sources * query.size(1), width = query.size(2);
  // The rows of a source lie beside each other: as queries of one sequence they share its keys.
  const Tensor q = heads(linear(query, layer.query).reshape({cross.sources, rows, width}), layer.num_heads);
  std::optional<Tensor> hidden;
  if (!key_mask.empty()) {
    const Tensor mask = ids_like(key_mask, query).view({cross.sources, 1, 1, cross.tokens});
    hidden = torch::zeros(mask.sizes(), q.options()).masked_fill(mask.eq(0), std::numeric_limits<float>::lowest());
  }
  const Tensor joined = at::scaled_dot_product_attention(q, cross.keys, cross.values, hidden);
  return joined.transpose(1, 2).reshape(query.sizes());
}

Tensor attend_cached(const Tensor& x, const SelfAttention<Tensor>& layer, KeyValueCache<Tensor>& cache) {
  const Tensor q = heads(linear(x, layer.query), layer.num_heads);
  Tensor k = heads(linear(x, layer.key), layer.num_heads), v = heads(linear(x, layer.value), layer.num_heads);
  const int64_t before = cache.length, more = x.size(1);
  if (before > 0) {
    k = torch::cat({cache.keys, k}, 2);
    v = torch::cat({cache.values, v}, 2);
  }
  cache.keys = k;
  cache.values = v;
  cache.length += more;
  std::optional<Tensor> visible;
  if (before > 0 && more > 1)
    visible = torch::ones({more, before + more}, torch::TensorOptions(torch::kBool).device(x.device())).tril(before);
  const Tensor joined = at::scaled_dot_product_attention(q, k, v, visible, 0.0, before == 0 && more > 1);
  return joined.transpose(1, 2).flatten(2);
}

void select_rows(KeyValueCache<Tensor>& cache, const std::vector<int64_t>& rows) {
  if (cache.length == 0) return;
  const Tensor index = ids_like(rows, cache.keys);
  cache.keys = cache.keys.index_select(0, index);
  cache.values = cache.values.index_select(0, index);
}

CrossKeys<Tensor> select_sources(const CrossKeys<Tensor>& cross, const std::vector<int64_t>& sources) {
  const Tensor index = ids_like(sources, cross.keys);
  return {cross.keys.index_select(0, index), cross.values.index_select(0, index), static_cast<int64_t>(sources.size()),
          cross.tokens};
}

Tensor dropout(const Tensor& x, double probability) {
  return probability > 0 && torch::GradMode::is_enabled() ? at::dropout(x, probability, true) : x;
}

}  // namespace sensorium
