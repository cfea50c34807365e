#pragma once
// The weight structs that models are made of and the words of the op vocabulary, for any tensor type T.
//
// Note: the op vocabulary. A model is written once, over T, and calls the functions below by overload. Two sets exist
// with these signatures: for rt::Tensor in "sensorium/tensor/ops.h" and for torch::Tensor in "sensorium/torch/ops.h"; a
// model's template is instantiated once for each, in a source that includes that set first. Shapes: B batch, T tokens,
// D width, C channels, H W image, P projection. All values are floating point; ids and masks are plain host vectors.
//
//   T linear(const T& x, const Linear<T>&, Activation = none)          [..., in] -> [..., out], act(x W^T + b)
//   T add_linear(const T& residual, const T& x, const Linear<T>&)      residual + x W^T + b
//   T add_mlp(const T& x, const LayerNorm<T>& norm, const Linear<T>& fc1, Activation, const Linear<T>& fc2)
//                                                  x + fc2(act(fc1(norm(x)))); without a norm where its weight is
//                                                  undefined
//   T layer_norm(const T& x, const LayerNorm<T>&)                      over the last dimension
//   T add_layer_norm(const T& x, const T& residual, const LayerNorm<T>&)   layer_norm(x + residual), BERT's order
//   T self_attention(const T& x, const SelfAttention<T>&, const AttentionMask&)
//                                                  [B,T,D] -> [B,T,D]: softmax(q k^T / sqrt(head)) v, heads joined,
//                                                  WITHOUT the output projection (that is add_linear(residual, .,
//                                                  attention.output))
//   T self_attention(const T& x, const LayerNorm<T>& norm, const SelfAttention<T>&, const AttentionMask&)   of norm(x)
//   T cross_attention(const T& query [B,Q,D], const T& x [B,T,D], const SelfAttention<T>&, const AttentionMask&)
//                                                  -> [B,Q,D]: queries from one, keys and values from the other; also
//                                                  without the output projection
//   T embed_tokens(const TokenIds&, const Embedding<T>&)               -> [B,T,D]
//   T add_rows(const T& x [B,T,D], const T& rows [>=T,D], int64_t first_row = 0)   x[b,t] + rows[first_row + t]
//   T add_token_types(const T& x, const std::vector<int64_t>& types [B*T] or empty (all 0), const Embedding<T>&)
//   T patch_embed(const T& pixels [B,C,H,W], const Conv2d<T>&)         -> [B, H/p * W/p, D], row-major patches
//   T prepend_token(const T& x [B,T,D], const T& token [D] or [B,D])   -> [B,T+1,D], the same token or each row its own
//   T first_token(const T& x [B,T,D])                                  -> [B,1,D]
//   T select_tokens(const T& x [B,T,D], const std::vector<int64_t>& index [B])     -> [B,D]
//   T mean_tokens(const T& x [B,T,D], const std::vector<int64_t>& mask [B*T] or empty)  -> [B,D], sum(mask x) /
//   max(sum(mask), 1e-9) T expand_batch(const T& x [T,D], int64_t batch)                    -> [B,T,D] T
//   conv_norm(const T& x [B,C,H,W], const Conv2d<T>&, const BatchNorm2d<T>&, Activation = none)   act(bn(conv(x))) T
//   conv_norm_add(const T& residual, const T& x, const Conv2d<T>&, const BatchNorm2d<T>&, Activation)  act(bn(conv(x))
//   + residual) T max_pool2d(const T& x, int kernel, int stride, int padding) T avg_pool2d(const T& x, int kernel)
//   stride = kernel T global_avg_pool(const T& x [B,C,H,W])                            -> [B,C] T
//   flatten_positions(const T& x [B,C,H,W])                          -> [B,H*W,C] T activation(const T& x, Activation)
//   T add(const T& a, const T& b)                                      same shape
//   T l2_normalize(const T& x, float epsilon)                          x / max(|x|, epsilon) over the last dimension
//   T similarity(const T& a [N,P], const T& b [M,P], const T& logit_scale, const T& logit_bias)
//                                                  -> [N,M]: exp(logit_scale) a b^T (+ logit_bias where defined)
//   int64_t batch_part(const T& x [B, ...], int64_t values)            rows to work on at a time, whose largest
//                                                  activations have `values` values each
//   T slice_batch(const T& x [B, ...], int64_t first, int64_t last)    rows [first, last)
//   T join_batches(const std::vector<T>&)                              one after the other
//   int64_t size_of(const T& x, int dimension)                         negative counts from the end
//   bool is_defined(const T& x)

#include "sensorium/base/error.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sensorium {

enum class Activation { none, relu, gelu, quick_gelu, gelu_tanh, tanh };

/// From a Hugging Face name ("gelu", "quick_gelu", "gelu_pytorch_tanh" and "gelu_new", "relu", "tanh"). Throws
/// InputError naming `source`.
inline Activation parse_activation(std::string_view name, std::string_view source) {
  if (name == "gelu") return Activation::gelu;
  if (name == "quick_gelu") return Activation::quick_gelu;
  if (name == "gelu_pytorch_tanh" || name == "gelu_new") return Activation::gelu_tanh;
  if (name == "relu") return Activation::relu;
  if (name == "tanh") return Activation::tanh;
  throw InputError("config",
                   "{}: expected hidden_act gelu, quick_gelu, gelu_pytorch_tanh, gelu_new, relu or tanh, got \"{}\"",
                   source, name);
}

/// weight [out, in], bias [out] or undefined. `lora_a` [rank, in] and `lora_b` [out, rank], where defined, add
/// lora_scale * B (A x) (Hu et al., "LoRA", 2021).
template <class T>
struct Linear {
  T weight, bias;
  T lora_a, lora_b;
  float lora_scale = 0;
};

/// weight [D], bias [D].
template <class T>
struct LayerNorm {
  T weight, bias;
  float epsilon = 1e-5f;
};

/// weight [rows, D].
template <class T>
struct Embedding {
  T weight;
};

/// weight [out, in, kernel, kernel], bias [out] or undefined.
template <class T>
struct Conv2d {
  T weight, bias;
  int stride = 1, padding = 0;
};

/// weight, bias, running_mean, running_var [C]. `training` normalises by the batch and moves the running values
/// (momentum 0.1); only the torch ops have it.
template <class T>
struct BatchNorm2d {
  T weight, bias, running_mean, running_var;
  float epsilon = 1e-5f;
  bool training = false;
};

/// Four projections [D, D]. `packed`, where a runtime makes one when it prepares the weights, is query, key and value
/// as one matrix [3D, D]. `value_width` differs from D nowhere yet.
template <class T>
struct SelfAttention {
  Linear<T> query, key, value, output;
  Linear<T> packed;
  int num_heads = 1;
};

/// Which keys a query may see: all, those not after it (`causal`), and only those whose `key_mask` [B*T] is not 0
/// (empty: all).
struct AttentionMask {
  bool causal = false;
  std::vector<int64_t> key_mask;
};

/// A batch of token ids on the host, row-major [batch, length].
struct TokenIds {
  int64_t batch = 0, length = 0;
  std::span<const int64_t> ids;
};

}  // namespace sensorium
