#include "sensorium/torch/ops.h"

#include <ATen/Context.h>
#include <torch/nn/functional.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

namespace sensorium {
namespace {

using torch::Tensor;

/// A host list as a tensor beside `like`, which keeps no reference to it.
Tensor ids_tensor(std::span<const int64_t> ids, at::IntArrayRef shape, const Tensor& like) {
  return torch::from_blob(const_cast<int64_t*>(ids.data()), shape, torch::kInt64).to(like.device(), false, true);
}

void check_ids(const char* operation, std::span<const int64_t> ids, const Tensor& table) {
  const int64_t rows = table.size(0);
  for (const int64_t id : ids)
    if (id < 0 || id >= rows) throw InputError(operation, "expected ids in [0, {}), got {}", rows, id);
}

/// What is added to the scores [B,1,Q,T]: 0 where a query may look, the type's minimum where not (not -inf: a row that
/// may see nothing becomes uniform, as in `transformers`). Undefined when nothing is hidden.
Tensor additive_mask(const AttentionMask& mask, const Tensor& x, int64_t queries, c10::ScalarType type) {
  const bool padded = std::any_of(mask.key_mask.begin(), mask.key_mask.end(), [](int64_t m) { return m == 0; });
  if (!padded) return {};
  const int64_t batch = x.size(0), keys = x.size(1);
  if (static_cast<int64_t>(mask.key_mask.size()) != batch * keys)
    throw InputError("self_attention", "expected a key mask of {} x {} values, got {}", batch, keys,
                     mask.key_mask.size());
  Tensor hidden = ids_tensor(mask.key_mask, {batch, 1, 1, keys}, x).eq(0).expand({batch, 1, queries, keys});
  if (mask.causal) {
    const Tensor later = torch::ones({queries, keys}, hidden.options()).triu(1 + keys - queries);
    hidden = hidden.logical_or(later);
  }
  const double least = type == torch::kBFloat16 ? -3.3895313892515355e38 : std::numeric_limits<float>::lowest();
  return torch::zeros({batch, 1, queries, keys}, x.options().dtype(type)).masked_fill(hidden, least);
}

Tensor heads(const Tensor& x, int num_heads) {  // [B,T,D] -> [B,H,T,D/H]
  return x.view({x.size(0), x.size(1), num_heads, x.size(2) / num_heads}).transpose(1, 2);
}

Tensor attend(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& layer, const AttentionMask& mask) {
  const Tensor q = heads(linear(query, layer.query), layer.num_heads);
  const Tensor k = heads(linear(x, layer.key), layer.num_heads);
  const Tensor v = heads(linear(x, layer.value), layer.num_heads);
  const Tensor added = additive_mask(mask, x, query.size(1), q.scalar_type());
  const std::optional<Tensor> optional = added.defined() ? std::optional<Tensor>(added) : std::nullopt;
  const Tensor joined = at::scaled_dot_product_attention(q, k, v, optional, 0.0, mask.causal && !added.defined());
  return joined.transpose(1, 2).flatten(2);  // [B,Q,D]
}

std::optional<Tensor> optional_bias(const Tensor& bias) {
  return bias.defined() ? std::optional<Tensor>(bias) : std::nullopt;
}

Tensor convolve(const Tensor& x, const Conv2d<Tensor>& conv) {
  return at::conv2d(x, conv.weight, optional_bias(conv.bias), at::IntArrayRef{conv.stride, conv.stride},
                    at::IntArrayRef{conv.padding, conv.padding});
}

Tensor batch_norm(const Tensor& x, const BatchNorm2d<Tensor>& norm) {
  return at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, norm.training, 0.1,
                        norm.epsilon, false);
}

}  // namespace

Tensor activation(const Tensor& x, Activation act) {
  switch (act) {
    case Activation::none:
      return x;
    case Activation::relu:
      return at::relu(x);
    case Activation::gelu:
      return at::gelu(x);
    case Activation::quick_gelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::gelu_tanh:
      return at::gelu(x, "tanh");
    case Activation::tanh:
      return at::tanh(x);
  }
  SENSORIUM_ASSERT(false);
}

Tensor linear(const Tensor& x, const Linear<Tensor>& layer, Activation act) {
  Tensor y = at::linear(x, layer.weight, optional_bias(layer.bias));
  if (layer.lora_a.defined()) y = y + layer.lora_scale * at::linear(at::linear(x, layer.lora_a), layer.lora_b);
  return activation(y, act);
}

Tensor add_linear(const Tensor& residual, const Tensor& x, const Linear<Tensor>& layer) {
  return residual + linear(x, layer);
}

Tensor add_mlp(const Tensor& x, const LayerNorm<Tensor>& norm, const Linear<Tensor>& fc1, Activation act,
               const Linear<Tensor>& fc2) {
  return add_linear(x, linear(norm.weight.defined() ? layer_norm(x, norm) : x, fc1, act), fc2);
}

Tensor layer_norm(const Tensor& x, const LayerNorm<Tensor>& layer) {
  return at::layer_norm(x, layer.weight.sizes(), layer.weight, layer.bias, layer.epsilon);
}

Tensor add_layer_norm(const Tensor& x, const Tensor& residual, const LayerNorm<Tensor>& layer) {
  return layer_norm(x + residual, layer);
}

Tensor self_attention(const Tensor& x, const SelfAttention<Tensor>& layer, const AttentionMask& mask) {
  return attend(x, x, layer, mask);
}

Tensor self_attention(const Tensor& x, const LayerNorm<Tensor>& norm, const SelfAttention<Tensor>& layer,
                      const AttentionMask& mask) {
  return self_attention(layer_norm(x, norm), layer, mask);
}

Tensor cross_attention(const Tensor& query, const Tensor& x, const SelfAttention<Tensor>& layer,
                       const AttentionMask& mask) {
  return attend(query, x, layer, mask);
}

Tensor embed_tokens(const TokenIds& tokens, const Embedding<Tensor>& table) {
  check_ids("embed_tokens", tokens.ids, table.weight);
  return at::embedding(table.weight, ids_tensor(tokens.ids, {tokens.batch, tokens.length}, table.weight));
}

Tensor add_rows(const Tensor& x, const Tensor& rows, int64_t first_row) {
  return x + rows.narrow(0, first_row, x.size(1));
}

Tensor add_token_types(const Tensor& x, const std::vector<int64_t>& types, const Embedding<Tensor>& table) {
  if (types.empty()) return x + table.weight[0];
  check_ids("add_token_types", types, table.weight);
  return x + at::embedding(table.weight, ids_tensor(types, {x.size(0), x.size(1)}, table.weight));
}

Tensor patch_embed(const Tensor& pixels, const Conv2d<Tensor>& conv) {
  return convolve(pixels, conv).flatten(2).transpose(1, 2);  // [B,D,h,w] -> [B,h*w,D]
}

Tensor prepend_token(const Tensor& x, const Tensor& token) {
  const Tensor rows = token.dim() == 1 ? token.expand({x.size(0), 1, -1}) : token.unsqueeze(1);
  return at::cat({rows.to(x.scalar_type()), x}, 1);
}

Tensor first_token(const Tensor& x) {
  return x.narrow(1, 0, 1);
}

Tensor select_tokens(const Tensor& x, const std::vector<int64_t>& index) {
  check_ids("select_tokens", index, x.select(0, 0));
  const Tensor rows = torch::arange(x.size(0), torch::TensorOptions(torch::kInt64).device(x.device()));
  return x.index({rows, ids_tensor(index, {x.size(0)}, x)});
}

Tensor mean_tokens(const Tensor& x, const std::vector<int64_t>& mask) {
  if (mask.empty()) return x.mean(1);
  const Tensor m = ids_tensor(mask, {x.size(0), x.size(1), 1}, x).to(x.scalar_type());
  return (x * m).sum(1) / m.sum(1).clamp_min(1e-9);
}

Tensor expand_batch(const Tensor& x, int64_t batch) {
  return x.unsqueeze(0).expand({batch, -1, -1});
}

Tensor conv_norm(const Tensor& x, const Conv2d<Tensor>& conv, const BatchNorm2d<Tensor>& norm, Activation act) {
  return activation(batch_norm(convolve(x, conv), norm), act);
}

Tensor conv_norm_add(const Tensor& residual, const Tensor& x, const Conv2d<Tensor>& conv,
                     const BatchNorm2d<Tensor>& norm, Activation act) {
  return activation(batch_norm(convolve(x, conv), norm) + residual, act);
}

Tensor max_pool2d(const Tensor& x, int kernel, int stride, int padding) {
  return at::max_pool2d(x, {kernel, kernel}, {stride, stride}, {padding, padding});
}

Tensor avg_pool2d(const Tensor& x, int kernel) {
  return at::avg_pool2d(x, {kernel, kernel}, {kernel, kernel});
}

Tensor global_avg_pool(const Tensor& x) {
  return x.mean({2, 3});
}

Tensor flatten_positions(const Tensor& x) {
  return x.flatten(2).transpose(1, 2);
}

Tensor add(const Tensor& a, const Tensor& b) {
  return a + b;
}

Tensor l2_normalize(const Tensor& x, float epsilon) {
  return x / at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, true).clamp_min(epsilon);
}

Tensor similarity(const Tensor& a, const Tensor& b, const Tensor& logit_scale, const Tensor& logit_bias) {
  const Tensor logits = at::matmul(a, b.t()) * logit_scale.exp();
  return logit_bias.defined() ? logits + logit_bias : logits;
}

Tensor TensorTraits<Tensor>::from_float(const float* data, const std::vector<int64_t>& shape) {
  return torch::from_blob(const_cast<float*>(data), shape, torch::kFloat32).clone();
}

Tensor TensorTraits<Tensor>::from_pixels(const uint8_t* bytes, const std::vector<int64_t>& shape,
                                         const PixelTable& table) {
  Tensor values = torch::empty(shape, torch::kFloat32);
  float* to = values.mutable_data_ptr<float>();
  const int64_t plane = shape.at(2) * shape.at(3);
  at::parallel_for(0, shape.at(0) * 3, 1, [&](int64_t first, int64_t last) {
    table.look_up_planes(bytes, static_cast<size_t>(first), static_cast<size_t>(last), static_cast<size_t>(plane), to);
  });
  return values;
}

std::vector<float> TensorTraits<Tensor>::to_float(const Tensor& x) {
  const Tensor host = x.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const float* data = host.const_data_ptr<float>();
  return {data, data + host.numel()};
}

void set_deterministic() {
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::globalContext().setBenchmarkCuDNN(false);
}

namespace {
[[noreturn]] void refuse(const std::string& source) {
  throw InputError("load weights", "{}: expected plain weights for LibTorch, got packed ones", source);
}
}  // namespace

void adopt(Linear<Tensor>&, const PackedWeight& weight) {
  refuse(weight.source);
}

void adopt(SelfAttention<Tensor>&, const PackedWeight& qkv, const PackedWeight&) {
  refuse(qkv.source);
}

void adopt_cross(SelfAttention<Tensor>&, const PackedWeight& query, const PackedWeight&, const PackedWeight&) {
  refuse(query.source);
}

void adopt(Conv2d<Tensor>&, const BatchNorm2d<Tensor>&, const PackedWeight& weight) {
  refuse(weight.source);
}

void adopt_patches(Conv2d<Tensor>&, const PackedWeight& weight) {
  refuse(weight.source);
}

}  // namespace sensorium
